//! The terms in which the definition of well-formed datagrams is written, and their evaluation in Rust.
//!
//! The terms are those that classic BPF can express: loads at fixed offsets or relative to one cursor,
//! comparisons with constants, and forward jumps. `program` translates the same rules to BPF.

use std::ops::RangeInclusive;

/// A position in the datagram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum At {
    /// So many bytes after the start.
    Start(u32),
    /// So many bytes after the header of the current block of a [`Rule::Blocks`].
    Block(u32),
    /// So many bytes before the end.
    End(u32),
}

/// A number taken from the datagram. Fields are big-endian and unsigned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    /// The length of the datagram in bytes, without IP and UDP headers.
    Len,
    Byte(At),
    Half(At),
    /// A 32-bit field, and the mask of the bits that count.
    Word(At, u32),
    /// How far the sequence number in the second field is ahead of the one in the first, modulo 2^31.
    Distance(At, At),
    /// The length of the datagram, less a byte that is shifted to the left by so many bits.
    LenLess(At, u32),
    /// As `LenLess`, of the current block, in words without the header.
    WordsLess(At, u32),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Test {
    Is(u32),
    IsNot(u32),
    AtLeast(u32),
    AtMost(u32),
    /// None of the bits of the mask is set.
    Lacks(u32),
}

#[derive(Clone, Debug)]
pub(super) enum Rule {
    /// Drops the datagram.
    Drop,
    /// Drops the datagram unless the value passes the test.
    Require(Value, Test),
    /// Goes on with the first list of rules if the value passes the test, otherwise with the second.
    If(Value, Test, Vec<Self>, Vec<Self>),
    /// Goes on with the rules of the first case with a range that has the value, otherwise with the last ones.
    Match(Value, Vec<(Vec<RangeInclusive<u32>>, Vec<Self>)>, Vec<Self>),
    /// The rest of the datagram from an offset on is a sequence of at most `max` blocks, each a header of
    /// 16 bits of type and 16 bits of length, the latter in words of four bytes, and as many words. The
    /// rules are applied to each block.
    Blocks { start: u32, max: u32, each: Vec<Self> },
    /// Marks the current block. Drops the datagram if one is marked already.
    Mark,
    /// After [`Rule::Blocks`]: applies the rules to the marked block, if there is one.
    Marked(Vec<Self>),
}

/// The modulus of sequence numbers, less one.
pub(super) const SEQUENCE_MASK: u32 = 0x7fff_ffff;

/// Where a block says how many words it has.
pub(super) const WORDS: At = At::Block(2);

/// The header of a block.
pub(super) const BLOCK_HEADER: u32 = 4;

/// Whether a datagram passes all rules.
#[cfg(test)]
pub(super) fn admits(rules: &[Rule], datagram: &[u8]) -> bool {
    Evaluation { datagram, block: 0, marked: None }.passes(rules).is_some()
}

#[cfg(test)]
struct Evaluation<'a> {
    datagram: &'a [u8],
    block: usize,
    marked: Option<usize>,
}

/// `None` is a datagram that is dropped, also because a field is not there.
#[cfg(test)]
impl Evaluation<'_> {
    fn passes(&mut self, rules: &[Rule]) -> Option<()> {
        rules.iter().try_for_each(|rule| self.passes_one(rule))
    }

    fn passes_one(&mut self, rule: &Rule) -> Option<()> {
        match rule {
            Rule::Drop => None,
            Rule::Require(value, test) => self.test(*value, *test)?.then_some(()),
            Rule::If(value, test, then, otherwise) => {
                let rules = if self.test(*value, *test)? { then } else { otherwise };
                self.passes(rules)
            }
            Rule::Match(value, cases, otherwise) => {
                let value = self.value(*value)?;
                let has =
                    |ranges: &[RangeInclusive<u32>]| ranges.iter().any(|it| it.contains(&value));
                let case = cases.iter().find(|(ranges, _)| has(ranges));
                self.passes(case.map_or(otherwise, |(_, rules)| rules))
            }
            Rule::Blocks { start, max, each } => {
                self.block = *start as usize;
                for _ in 0..*max {
                    if self.block == self.datagram.len() {
                        break;
                    }
                    let words = self.value(Value::Half(WORDS))? as usize;
                    let next = self.block + BLOCK_HEADER as usize + 4 * words;
                    if next > self.datagram.len() {
                        return None;
                    }
                    self.passes(each)?;
                    self.block = next;
                }
                (self.block == self.datagram.len()).then_some(())
            }
            Rule::Mark => self.marked.replace(self.block).is_none().then_some(()),
            Rule::Marked(rules) => match self.marked {
                Some(block) => {
                    self.block = block;
                    self.passes(rules)
                }
                None => Some(()),
            },
        }
    }

    fn test(&self, value: Value, test: Test) -> Option<bool> {
        let value = self.value(value)?;
        Some(match test {
            Test::Is(wanted) => value == wanted,
            Test::IsNot(other) => value != other,
            Test::AtLeast(min) => value >= min,
            Test::AtMost(max) => value <= max,
            Test::Lacks(mask) => value & mask == 0,
        })
    }

    fn value(&self, value: Value) -> Option<u32> {
        Some(match value {
            Value::Len => self.datagram.len() as u32,
            Value::Byte(at) => u32::from(self.field::<1>(at)?[0]),
            Value::Half(at) => u32::from(u16::from_be_bytes(self.field(at)?)),
            Value::Word(at, mask) => u32::from_be_bytes(self.field(at)?) & mask,
            Value::Distance(from, to) => {
                let word = |at| self.value(Value::Word(at, u32::MAX));
                word(to)?.wrapping_sub(word(from)?) & SEQUENCE_MASK
            }
            Value::LenLess(at, shift) => {
                self.value(Value::Len)?.wrapping_sub(self.value(Value::Byte(at))? << shift)
            }
            Value::WordsLess(at, shift) => {
                let words = self.value(Value::Half(WORDS))?;
                words.wrapping_sub(self.value(Value::Byte(at))? << shift)
            }
        })
    }

    fn field<const SIZE: usize>(&self, at: At) -> Option<[u8; SIZE]> {
        let offset = match at {
            At::Start(offset) => offset as usize,
            At::Block(offset) => self.block + offset as usize,
            At::End(offset) => self.datagram.len().checked_sub(offset as usize)?,
        };
        self.datagram.get(offset..offset + SIZE)?.try_into().ok()
    }
}
