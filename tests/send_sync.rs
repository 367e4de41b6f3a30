//! What may go to other threads.

use srt_tokio::{
    AccessControl, Error, Incoming, OwnedReadHalf, OwnedWriteHalf, ReadHalf, SrtListener,
    SrtListenerBuilder, SrtOptions, SrtSocket, SrtStream, SrtStreamBuilder, SrtUri, Stats,
    UriError, WriteHalf,
};
use static_assertions::assert_impl_all;

assert_impl_all!(SrtSocket: Send, Sync, Unpin);
assert_impl_all!(SrtStream: Send, Sync, Unpin);
assert_impl_all!(SrtListener: Send, Sync, Unpin);
assert_impl_all!(Incoming<'static>: Send, Sync, Unpin);
assert_impl_all!(ReadHalf<'static>: Send, Sync, Unpin);
assert_impl_all!(WriteHalf<'static>: Send, Sync, Unpin);
assert_impl_all!(OwnedReadHalf: Send, Sync, Unpin);
assert_impl_all!(OwnedWriteHalf: Send, Sync, Unpin);
assert_impl_all!(SrtOptions: Send, Sync, Unpin, Clone);
assert_impl_all!(SrtStreamBuilder: Send, Sync, Unpin, Clone);
assert_impl_all!(SrtListenerBuilder: Send, Sync, Unpin, Clone);
assert_impl_all!(SrtUri: Send, Sync, Unpin, Clone);
assert_impl_all!(AccessControl: Send, Sync, Unpin, Clone);
assert_impl_all!(Stats: Send, Sync, Unpin, Copy);
assert_impl_all!(Error: Send, Sync, Unpin, Clone, std::error::Error);
assert_impl_all!(UriError: Send, Sync, Unpin, Clone, std::error::Error);

fn is_send<T: Send>(_: &T) {}

#[test]
fn futures_can_be_spawned() {
    is_send(&SrtStream::connect("127.0.0.1:9000"));
    is_send(&SrtListener::bind("127.0.0.1:0"));
    // Never called: that it compiles is the test.
    fn _of(stream: &SrtStream, listener: &SrtListener, uri: &SrtUri) {
        is_send(&stream.recv(&mut []));
        is_send(&stream.send(&[]));
        is_send(&stream.readable());
        is_send(&stream.writable());
        is_send(&stream.close());
        is_send(&listener.accept());
        is_send(&uri.connect());
        is_send(&uri.listen());
    }
}
