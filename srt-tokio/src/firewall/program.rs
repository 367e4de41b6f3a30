//! The BPF program made from a definition.
//!
//! Classic BPF has an accumulator A, an index register X, sixteen words of memory, and jumps forward only;
//! a conditional jump reaches 255 instructions. A load from behind the end of the packet drops it. The
//! kernel runs the program on the UDP datagram, whose header of eight bytes comes first.
//!
//! - this file: from rules to instructions
//! - `assembler`: from instructions with labels to a program

mod assembler;

use std::ops::RangeInclusive;

use socket2::SockFilter;

use self::assembler::{Assembler, Label, Target, code};
use super::rule::{At, BLOCK_HEADER, Rule, SEQUENCE_MASK, Test, Value, WORDS};

/// The UDP header in front of SRT's.
const UDP_HEADER: u32 = 8;

/// What a program returns to keep a packet: the greatest length.
const KEEP: u32 = u32::MAX;

/// Memory words: the offsets of the current block, of the one behind it, and of the marked one or 0; and an
/// operand.
const BLOCK: u32 = 0;
const NEXT_BLOCK: u32 = 1;
const MARKED: u32 = 2;
const OPERAND: u32 = 3;

/// The program that keeps what passes all the rules.
///
/// The kernel translates the program for each socket, which takes about a microsecond an instruction, so
/// it is made short.
pub(super) fn compile(rules: &[Rule]) -> Vec<SockFilter> {
    let mut compiler = Compiler::default();
    // The kernel wants to see memory written before it is read, and takes code behind a return for a
    // continuation of what leads to the return.
    compiler.to.push(code::LDX_IMM, 0);
    for word in [BLOCK, NEXT_BLOCK, MARKED, OPERAND] {
        compiler.to.push(code::STX, word);
    }
    compiler.rules(rules);
    compiler.to.push(code::RET, KEEP);
    compiler.to.finish()
}

#[derive(Default)]
struct Compiler {
    to: Assembler,
    /// What A holds, if that is known.
    loaded: Option<Value>,
    /// Whether X holds the offset of the current block.
    at_block: bool,
}

impl Compiler {
    fn rules(&mut self, rules: &[Rule]) {
        for rule in rules {
            self.rule(rule);
        }
    }

    fn rule(&mut self, rule: &Rule) {
        match rule {
            Rule::Drop => self.to.drop_packet(),
            Rule::Require(value, test) => {
                self.load(*value);
                self.branch(*test, Target::Next, Target::Drop);
            }
            Rule::If(value, test, then, otherwise) => {
                let (to_then, to_end) = (self.to.label(), self.to.label());
                self.load(*value);
                self.branch(*test, Target::Label(to_then), Target::Next);
                self.rules(otherwise);
                self.to.jump(to_end);
                self.land(to_then);
                self.rules(then);
                self.land(to_end);
            }
            Rule::Match(value, cases, otherwise) => self.cases(*value, cases, otherwise),
            Rule::Blocks { start, max, each } => self.blocks(*start, *max, each),
            Rule::Mark => {
                self.to.push(code::LD_MEM, MARKED);
                self.to.branch(code::JEQ, 0, Target::Next, Target::Drop);
                self.to.push(code::LD_MEM, BLOCK);
                self.to.push(code::ST, MARKED);
                self.loaded = None;
            }
            Rule::Marked(rules) => {
                let to_end = self.to.label();
                self.to.push(code::LD_MEM, MARKED);
                self.to.branch(code::JEQ, 0, Target::Label(to_end), Target::Next);
                self.to.push(code::ST, BLOCK);
                (self.loaded, self.at_block) = (None, false);
                self.rules(rules);
                self.land(to_end);
            }
        }
    }

    fn cases(
        &mut self,
        value: Value,
        cases: &[(Vec<RangeInclusive<u32>>, Vec<Rule>)],
        otherwise: &[Rule],
    ) {
        self.load(value);
        let to_end = self.to.label();
        let mut bodies = Vec::new();
        for (ranges, rules) in cases {
            // A case without rules has its end for a body.
            let body = if rules.is_empty() { to_end } else { self.to.label() };
            for range in ranges {
                self.branch_into(range, body);
            }
            bodies.push((body, rules));
        }
        self.rules(otherwise);
        self.to.jump(to_end);
        for (body, rules) in bodies.into_iter().filter(|(_, rules)| !rules.is_empty()) {
            self.land(body);
            self.rules(rules);
            self.to.jump(to_end);
        }
        self.land(to_end);
    }

    /// Jumps if A is in the range.
    fn branch_into(&mut self, range: &RangeInclusive<u32>, to: Label) {
        let to = Target::Label(to);
        match (*range.start(), *range.end()) {
            (first, last) if first == last => self.to.branch(code::JEQ, first, to, Target::Next),
            (first, u32::MAX) => self.to.branch(code::JGE, first, to, Target::Next),
            (0, last) => self.to.branch(code::JGT, last, Target::Next, to),
            (first, last) => {
                let not_there = self.to.label();
                self.to.branch(code::JGT, last, Target::Label(not_there), Target::Next);
                self.to.branch(code::JGE, first, to, Target::Next);
                self.to.land(not_there);
            }
        }
    }

    fn blocks(&mut self, start: u32, max: u32, each: &[Rule]) {
        let to_end = self.to.label();
        self.to.push(code::LDX_IMM, UDP_HEADER + start);
        self.to.push(code::STX, BLOCK);
        for _ in 0..max {
            // The end may have come. X holds the offset of the block here.
            self.to.push(code::LD_LEN, 0);
            self.to.branch(code::JEQ_X, 0, Target::Label(to_end), Target::Next);
            (self.loaded, self.at_block) = (None, true);
            // The next block begins within the packet, or at its end.
            self.load(Value::Half(WORDS));
            self.to.push(code::LSH, 2);
            self.to.push(code::ADD, BLOCK_HEADER);
            self.to.push(code::ADD_X, 0);
            self.to.push(code::ST, NEXT_BLOCK);
            self.to.push(code::LDX_LEN, 0);
            self.to.branch(code::JGT_X, 0, Target::Drop, Target::Next);
            (self.loaded, self.at_block) = (None, false);
            self.rules(each);
            self.to.push(code::LDX_MEM, NEXT_BLOCK);
            self.to.push(code::STX, BLOCK);
        }
        self.to.push(code::LD_LEN, 0);
        self.to.branch(code::JEQ_X, 0, Target::Next, Target::Drop);
        self.land(to_end);
    }

    /// Loads a value into A.
    fn load(&mut self, value: Value) {
        if self.loaded == Some(value) {
            return;
        }
        match value {
            Value::Len => {
                self.to.push(code::LD_LEN, 0);
                self.to.push(code::SUB, UDP_HEADER);
            }
            Value::Byte(at) => self.load_field(at, code::LD_BYTE, code::LD_BYTE_X),
            Value::Half(at) => self.load_field(at, code::LD_HALF, code::LD_HALF_X),
            Value::Word(at, mask) => {
                self.load_field(at, code::LD_WORD, code::LD_WORD_X);
                if mask != u32::MAX {
                    self.to.push(code::AND, mask);
                }
            }
            Value::Distance(from, to) => {
                self.load_field(from, code::LD_WORD, code::LD_WORD_X);
                self.to.push(code::ST, OPERAND);
                self.load_field(to, code::LD_WORD, code::LD_WORD_X);
                self.subtract_operand();
                self.to.push(code::AND, SEQUENCE_MASK);
            }
            Value::LenLess(at, shift) => self.load_difference(Value::Len, at, shift),
            Value::WordsLess(at, shift) => self.load_difference(Value::Half(WORDS), at, shift),
        }
        self.loaded = Some(value);
    }

    fn load_difference(&mut self, value: Value, at: At, shift: u32) {
        self.load(Value::Byte(at));
        self.to.push(code::LSH, shift);
        self.to.push(code::ST, OPERAND);
        self.load(value);
        self.subtract_operand();
    }

    fn subtract_operand(&mut self) {
        self.to.push(code::LDX_MEM, OPERAND);
        self.at_block = false;
        self.to.push(code::SUB_X, 0);
    }

    fn load_field(&mut self, at: At, absolute: u16, indexed: u16) {
        match at {
            At::Start(offset) => self.to.push(absolute, UDP_HEADER + offset),
            At::Block(offset) => {
                if !self.at_block {
                    self.to.push(code::LDX_MEM, BLOCK);
                    self.at_block = true;
                }
                self.to.push(indexed, offset);
            }
            At::End(offset) => {
                self.to.push(code::LD_LEN, 0);
                self.to.push(code::SUB, offset);
                self.to.push(code::TAX, 0);
                self.at_block = false;
                self.to.push(indexed, 0);
            }
        }
    }

    /// Goes on at one of two places, depending on whether A passes the test.
    fn branch(&mut self, test: Test, passed: Target, failed: Target) {
        match test {
            Test::Is(value) => self.to.branch(code::JEQ, value, passed, failed),
            Test::IsNot(value) => self.to.branch(code::JEQ, value, failed, passed),
            Test::AtLeast(min) => self.to.branch(code::JGE, min, passed, failed),
            Test::AtMost(max) => self.to.branch(code::JGT, max, failed, passed),
            Test::Lacks(mask) => self.to.branch(code::JSET, mask, failed, passed),
        }
    }

    /// Has jumps end here. Where they come from, A and X may hold anything.
    fn land(&mut self, label: Label) {
        self.to.land(label);
        (self.loaded, self.at_block) = (None, false);
    }
}
