//! What may go to other threads.

use srt_tokio::{
    AccessControl, AccessPolicy, Backoff, CloseReason, ConnectionOptions, ConnectionRequest,
    CpuSet, Credentials, Decision, Encryption, Error, GroupMember, Incoming, IpNetwork,
    ListenerEvent, ListenerEvents, MemberChange, MemberChanges, MemberStatus, Message, Messages,
    OwnedReadHalf, OwnedWriteHalf, PacketFilter, PacketSequence, Passphrase, ReadHalf, Reconnect,
    ReconnectState, RejectReason, SendOptions, Sent, SourceTime, SrtEndpoint, SrtEndpointBuilder,
    SrtGroup, SrtGroupBuilder, SrtListener, SrtListenerBuilder, SrtOptions, SrtSocket, SrtStream,
    SrtStreamBuilder, SrtUri, Stats, StatsRecorder, StatsStream, UriError, WriteHalf,
};
use static_assertions::assert_impl_all;

assert_impl_all!(SrtSocket: Send, Sync, Unpin);
assert_impl_all!(SrtStream: Send, Sync, Unpin);
assert_impl_all!(SrtListener: Send, Sync, Unpin);
assert_impl_all!(SrtEndpoint: Send, Sync, Unpin, Clone);
assert_impl_all!(SrtEndpointBuilder: Send, Sync, Unpin, Clone);
assert_impl_all!(ConnectionRequest: Send, Sync, Unpin, Clone);
assert_impl_all!(Decision: Send, Sync, Unpin, Clone, From<RejectReason>);
assert_impl_all!(ConnectionOptions: Send, Sync, Unpin, Clone, From<Passphrase>);
assert_impl_all!(AccessPolicy: Send, Sync, Unpin, Clone);
assert_impl_all!(IpNetwork: Send, Sync, Unpin, Copy);
assert_impl_all!(Credentials: Send, Sync, Unpin, Clone);
assert_impl_all!(ListenerEvent: Send, Sync, Unpin, Clone);
assert_impl_all!(ListenerEvents: Send, Sync, Unpin, futures::Stream);
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
assert_impl_all!(SrtUri: Send, Sync, Unpin, Clone);
assert_impl_all!(AccessControl: Send, Sync, Unpin, Clone);
assert_impl_all!(SrtGroup<'static>: Send, Sync, Unpin, Copy);
assert_impl_all!(SrtGroupBuilder: Send, Sync, Unpin, Clone);
assert_impl_all!(GroupMember: Send, Sync, Unpin, Clone);
assert_impl_all!(MemberStatus: Send, Sync, Unpin, Clone);
assert_impl_all!(MemberChange: Send, Sync, Unpin, Clone);
assert_impl_all!(MemberChanges<'static>: Send, Sync, Unpin, futures::Stream);
assert_impl_all!(Stats: Send, Sync, Unpin, Copy);
assert_impl_all!(StatsStream<'static>: Send, Sync, Unpin);
assert_impl_all!(StatsRecorder: Send, Sync, Unpin);
assert_impl_all!(Message: Send, Sync, Unpin, Clone);
assert_impl_all!(Messages<SrtStream>: Send, Sync, Unpin);
assert_impl_all!(SendOptions: Send, Sync, Unpin, Copy);
assert_impl_all!(Sent: Send, Sync, Unpin, Copy);
assert_impl_all!(SourceTime: Send, Sync, Unpin, Copy, Ord);
assert_impl_all!(PacketSequence: Send, Sync, Unpin, Copy);
assert_impl_all!(CloseReason: Send, Sync, Unpin, Copy);
assert_impl_all!(Error: Send, Sync, Unpin, Clone, std::error::Error);
assert_impl_all!(UriError: Send, Sync, Unpin, Clone, std::error::Error);

fn is_send<T: Send>(_: &T) {}

#[test]
fn futures_can_be_spawned() {
    is_send(&SrtStream::connect("127.0.0.1:9000"));
    is_send(&SrtListener::bind("127.0.0.1:0"));
    // Never called: that it compiles is the test.
    fn _of(
        stream: &SrtStream,
        listener: &SrtListener,
        endpoint: &SrtEndpoint,
        reconnect: &mut Reconnect,
        uri: &SrtUri,
        group: &SrtGroupBuilder,
        changes: &mut MemberChanges<'_>,
    ) {
        is_send(&group.connect());
        is_send(&changes.recv());
        is_send(&SrtListener::accept_any([listener]));
        is_send(&endpoint.connect("127.0.0.1:9000"));
        is_send(&stream.recv(&mut []));
        is_send(&stream.send(&[]));
        is_send(&stream.recv_msg());
        is_send(&stream.send_msg(&[], &SendOptions::new()));
        is_send(&stream.readable());
        is_send(&stream.writable());
        is_send(&stream.close());
        is_send(&stream.encryption_settled());
        is_send(&listener.accept());
        is_send(&reconnect.connect());
        is_send(&listener.events().recv());
        is_send(&uri.connect());
        is_send(&uri.listen());
    }
}
