//! What happens to the members of a group, one after the other.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::member_status::{MemberState, MemberStatus};
use super::roster::Roster;
use crate::error::Error;
use crate::reactor::{Attempt, Direction, Registration, Waiter};

/// Something that has happened to a member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberChange {
    /// The member as it is now.
    pub member: MemberStatus,
    /// What it was before. `None` if it is new.
    pub previous: Option<MemberState>,
    /// Why it is broken, if that is known: always on the caller's side if it could not be connected.
    pub error: Option<Error>,
}

/// What happens to the members of a group, from [`SrtGroup::changes`](crate::SrtGroup::changes).
///
/// As a [`Stream`] it ends when the last member is gone, or the stream is closed. Whoever falls
/// more than 1024 changes behind loses the oldest; [`missed`](Self::missed) counts them.
#[derive(Debug)]
#[must_use = "streams do nothing unless polled"]
pub struct MemberChanges<'a> {
    registration: &'a Registration,
    roster: &'a Roster,
    waiter: Waiter<'a>,
    next: u64,
    missed: u64,
}

impl<'a> MemberChanges<'a> {
    pub(super) fn new(registration: &'a Registration, roster: &'a Roster) -> Self {
        // What is there already is no change, except to others.
        roster.journal().look(registration.socket());
        let (waiter, next) = (registration.waiter(Direction::Members), roster.journal().end());
        Self { registration, roster, waiter, next, missed: 0 }
    }

    /// Takes the next change, and waits for one if there is none. `None` is the end.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if another branch of a `select!` completes first, no change was taken.
    pub async fn recv(&mut self) -> Option<MemberChange> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// As [`recv`](Self::recv). Only the waker of the latest call is woken.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<MemberChange>> {
        let Self { registration, roster, waiter, next, missed } = self;
        let read = |_| match read(registration, roster, *next) {
            Some((number, change)) => {
                *missed += number - *next;
                *next = number + 1;
                Attempt::Done(Ok(change))
            }
            None if roster.is_alive() => Attempt::WouldBlock,
            None => Attempt::Done(Err(Error::ConnectionLost)),
        };
        registration.poll_at(cx, Direction::Members, waiter, read).map(Result::ok)
    }

    /// How many changes were lost so far, because they were not read before 1024 others came.
    pub fn missed(&self) -> u64 {
        self.missed
    }
}

/// The next change that is left, and its number.
fn read(registration: &Registration, roster: &Roster, next: u64) -> Option<(u64, MemberChange)> {
    let journal = roster.journal();
    journal.read(next).or_else(|| {
        journal.look(registration.socket());
        journal.read(next)
    })
}

impl Stream for MemberChanges<'_> {
    type Item = MemberChange;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_recv(cx)
    }
}
