//! What may go to other threads.

use srt_tokio::{
    Backoff, CpuSet, Encryption, Error, Incoming, OwnedReadHalf, OwnedWriteHalf, PacketFilter, Passphrase, ReadHalf, Reconnect, ReconnectState, SrtEndpoint, SrtEndpointBuilder, SrtListener, SrtListenerBuilder, SrtOptions, SrtSocket, SrtStream, SrtStreamBuilder, Stats, WriteHalf,
};
use static_assertions::assert_impl_all;

assert_impl_all!(SrtSocket: Send, Sync, Unpin);
assert_impl_all!(SrtStream: Send, Sync, Unpin);
assert_impl_all!(SrtListener: Send, Sync, Unpin);
assert_impl_all!(SrtEndpoint: Send, Sync, Unpin, Clone);
assert_impl_all!(SrtEndpointBuilder: Send, Sync, Unpin, Clone);
assert_impl_all!(CpuSet: Send, Sync, Unpin, Clone);
assert_impl_all!(Incoming<'static>: Send, Sync, Unpin);
assert_impl_all!(ReadHalf<'static>: Send, Sync, Unpin);
assert_impl_all!(WriteHalf<'static>: Send, Sync, Unpin);
assert_impl_all!(OwnedReadHalf: Send, Sync, Unpin);
assert_impl_all!(OwnedWriteHalf: Send, Sync, Unpin);
assert_impl_all!(SrtOptions: Send, Sync, Unpin, Clone);
assert_impl_all!(SrtStreamBuilder: Send, Sync, Unpin, Clone);
assert_impl_all!(SrtListenerBuilder: Send, Sync, Unpin, Clone);
assert_impl_all!(Encryption: Send, Sync, Unpin, Copy);
assert_impl_all!(PacketFilter: Send, Sync, Unpin, Clone);
assert_impl_all!(Passphrase: Send, Sync, Unpin, Clone);
// Its attempts are futures, and need not be `Sync`.
assert_impl_all!(Reconnect: Send, Unpin);
assert_impl_all!(ReconnectState: Send, Sync, Unpin);
assert_impl_all!(Backoff: Send, Sync, Unpin, Copy);
assert_impl_all!(Stats: Send, Sync, Unpin, Copy);
assert_impl_all!(Error: Send, Sync, Unpin, Clone, std::error::Error);

fn is_send<T: Send>(_: &T) {}

#[test]
fn futures_can_be_spawned() {
    is_send(&SrtStream::connect("127.0.0.1:9000"));
    is_send(&SrtListener::bind("127.0.0.1:0"));
    // Never called: that it compiles is the test.
    fn _of(stream: &SrtStream, listener: &SrtListener, endpoint: &SrtEndpoint) {
        is_send(&endpoint.connect("127.0.0.1:9000"));
    fn _of(stream: &SrtStream, listener: &SrtListener, reconnect: &mut Reconnect) {
        is_send(&stream.recv(&mut []));
        is_send(&stream.send(&[]));
        is_send(&stream.readable());
        is_send(&stream.writable());
        is_send(&stream.close());
        is_send(&stream.encryption_settled());
        is_send(&listener.accept());
        is_send(&reconnect.connect());
    }
}
