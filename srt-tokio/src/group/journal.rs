//! What has happened to the members of a group.
//!
//! libsrt tells what they are at the moment, and forgets those that are no more. What is new in one
//! picture against the one before becomes a change, and whoever waits reads on from where he was.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::changes::MemberChange;
use super::member_status::{MemberState, MemberStatus, NOBODY};
use crate::error::Error;
use crate::reactor::Retry;
use crate::sys::{Failure, Failures, RawSocket};

/// Changes that are kept for those who have not read them yet.
const CAPACITY: usize = 1024;

#[derive(Debug)]
pub(super) struct Journal {
    /// Pictures that were begun.
    pictures: AtomicU64,
    pages: Mutex<Pages>,
    /// Has those look who wait for changes.
    watchers: Retry,
    /// Has who connects the group look.
    connector: Option<Retry>,
}

#[derive(Debug, Default)]
struct Pages {
    members: Vec<MemberStatus>,
    /// The weights, by their tokens, of members to be that were not seen yet.
    announced: HashMap<u32, u16>,
    /// The last picture that was compared.
    picture: u64,
    changes: VecDeque<MemberChange>,
    /// How many changes there were before the first of these.
    first: u64,
    /// Why members have failed: the most telling of the errors.
    failure: Option<Error>,
}

impl Journal {
    pub(super) fn new(watchers: Retry, connector: Option<Retry>) -> Self {
        let (pictures, pages) = (AtomicU64::new(0), Mutex::default());
        Self { pictures, pages, watchers, connector }
    }

    /// Compares the members with what is known, and tells those who wait for changes if there are
    /// any.
    pub(super) fn look(&self, group: &RawSocket) {
        loop {
            let picture = self.pictures.fetch_add(1, Ordering::SeqCst) + 1;
            // Under no lock. If it fails, the group is no more.
            let members = group.members().unwrap_or_default();
            let members = members.iter().map(MemberStatus::of).collect();
            let mut pages = self.pages();
            // An older picture than the last one might undo what is newer.
            if picture > pages.picture {
                pages.picture = picture;
                let has_changes = pages.compare(members);
                drop(pages);
                if has_changes {
                    self.watchers.soon();
                }
                return;
            }
        }
    }

    /// Members are about to be connected: their tokens and weights.
    pub(super) fn announce(&self, members: impl Iterator<Item = (u32, u16)>) {
        self.pages().announced.extend(members);
    }

    /// A member could not even begin to connect.
    pub(super) fn refused(&self, member: MemberStatus, error: Error) {
        self.pages().fail(member, error);
        self.watchers.soon();
    }

    /// The members as they were last seen.
    pub(super) fn members(&self) -> Vec<MemberStatus> {
        self.pages().members.clone()
    }

    /// Why members have failed.
    pub(super) fn failure(&self) -> Option<Error> {
        self.pages().failure.clone()
    }

    /// How many changes there were so far.
    pub(super) fn end(&self) -> u64 {
        let pages = self.pages();
        pages.first + pages.changes.len() as u64
    }

    /// The change of this number, or the oldest that is left, and its number.
    pub(super) fn read(&self, number: u64) -> Option<(u64, MemberChange)> {
        let pages = self.pages();
        let number = number.max(pages.first);
        let change = pages.changes.get((number - pages.first) as usize)?;
        Some((number, change.clone()))
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failures for Journal {
    fn failed(&self, failure: Failure) {
        let member = MemberStatus {
            token: u32::try_from(failure.token).ok(),
            peer_addr: failure.peer,
            local_addr: None,
            // libsrt does not tell.
            weight: 0,
            state: MemberState::Broken,
            id: failure.id,
        };
        self.pages().fail(member, failure.error);
        // Not at once: a waker is foreign code, and this is one of libsrt's threads.
        for retry in self.connector.iter().chain([&self.watchers]) {
            retry.soon();
        }
    }
}

impl Pages {
    fn compare(&mut self, mut members: Vec<MemberStatus>) -> bool {
        let end = self.first + self.changes.len() as u64;
        for member in &mut members {
            let known = self.members.iter().find(|known| known.id == member.id);
            let previous = known.map(|known| known.state);
            // Whoever has seen it break knows better.
            if previous == Some(MemberState::Broken) {
                member.state = MemberState::Broken;
            }
            if let (None, Some(token)) = (previous, member.token) {
                self.announced.remove(&token);
            }
            if previous != Some(member.state) {
                let member = member.clone();
                self.changes.push_back(MemberChange { member, previous, error: None });
            }
        }
        for known in &mut self.members {
            let is_there = members.iter().any(|member| member.id == known.id);
            if !is_there && known.state != MemberState::Broken {
                let previous = Some(known.state);
                let member = MemberStatus { state: MemberState::Broken, ..known.clone() };
                self.changes.push_back(MemberChange { member, previous, error: None });
            }
        }
        self.members = members;
        self.trim();
        end != self.first + self.changes.len() as u64
    }

    fn fail(&mut self, mut member: MemberStatus, error: Error) {
        if !matches!(self.failure, Some(Error::Rejected(_))) {
            self.failure = Some(error.clone());
        }
        let known = self.members.iter_mut().find(|known| known.id == member.id);
        let previous = known.as_ref().map(|known| known.state);
        if previous == Some(MemberState::Broken) {
            return;
        }
        let announced = member.token.and_then(|token| self.announced.remove(&token));
        match known {
            Some(known) => {
                known.state = MemberState::Broken;
                member = known.clone();
            }
            None => {
                member.weight = announced.unwrap_or(member.weight);
                // libsrt goes on to show it for a while.
                if member.id != NOBODY {
                    self.members.push(member.clone());
                }
            }
        }
        self.changes.push_back(MemberChange { member, previous, error: Some(error) });
        self.trim();
    }

    fn trim(&mut self) {
        let surplus = self.changes.len().saturating_sub(CAPACITY);
        self.changes.drain(..surplus);
        self.first += surplus as u64;
    }
}
