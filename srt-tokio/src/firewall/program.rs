//! The BPF program made from a definition.
//!
//! Classic BPF has an accumulator A, an index register X, sixteen words of memory, and jumps forward only;
//! a conditional jump reaches 255 instructions. A load from behind the end of the packet drops it. The
//! kernel runs the program on the UDP datagram, whose header of eight bytes comes first.

use socket2::SockFilter;

use super::rule::{At, BLOCK_HEADER, Rule, SEQUENCE_MASK, Test, Value, WORDS};

/// The UDP header in front of SRT's.
const UDP_HEADER: u32 = 8;

/// Return values: how many bytes of the packet to keep.
const KEEP: u32 = u32::MAX;
const DROP: u32 = 0;

/// Memory words: the offsets of the current block, of the one behind it, and of the marked one or 0; and an
/// operand.
const BLOCK: u32 = 0;
const NEXT_BLOCK: u32 = 1;
const MARKED: u32 = 2;
const OPERAND: u32 = 3;

/// The kernel's instruction codes, as in `linux/bpf_common.h`.
mod code {
    pub(super) const LD_LEN: u16 = 0x80;
    pub(super) const LD_WORD: u16 = 0x20;
    pub(super) const LD_HALF: u16 = 0x28;
    pub(super) const LD_BYTE: u16 = 0x30;
    pub(super) const LD_WORD_X: u16 = 0x40;
    pub(super) const LD_HALF_X: u16 = 0x48;
    pub(super) const LD_BYTE_X: u16 = 0x50;
    pub(super) const LD_MEM: u16 = 0x60;
    pub(super) const LDX_IMM: u16 = 0x01;
    pub(super) const LDX_MEM: u16 = 0x61;
    pub(super) const ST: u16 = 0x02;
    pub(super) const STX: u16 = 0x03;
    pub(super) const ADD: u16 = 0x04;
    pub(super) const ADD_X: u16 = 0x0c;
    pub(super) const SUB: u16 = 0x14;
    pub(super) const SUB_X: u16 = 0x1c;
    pub(super) const AND: u16 = 0x54;
    pub(super) const LSH: u16 = 0x64;
    pub(super) const TAX: u16 = 0x07;
    pub(super) const JA: u16 = 0x05;
    pub(super) const JEQ: u16 = 0x15;
    pub(super) const JEQ_X: u16 = 0x1d;
    pub(super) const JGT: u16 = 0x25;
    pub(super) const JGE: u16 = 0x35;
    pub(super) const JGE_X: u16 = 0x3d;
    pub(super) const JSET: u16 = 0x45;
    pub(super) const RET: u16 = 0x06;
}

/// The program that keeps what passes all the rules.
pub(super) fn compile(rules: &[Rule]) -> Vec<SockFilter> {
    let mut program = Program::default();
    program.rules(rules);
    program.push(code::RET, KEEP);
    program.instructions.iter().map(Instruction::encode).collect()
}

#[derive(Default)]
struct Program {
    instructions: Vec<Instruction>,
}

#[derive(Clone, Copy)]
struct Instruction {
    code: u16,
    if_true: u8,
    if_false: u8,
    operand: u32,
}

/// An unconditional jump whose target is still to come.
#[must_use]
struct Jump(usize);

impl Program {
    fn rules(&mut self, rules: &[Rule]) {
        for rule in rules {
            self.rule(rule);
        }
    }

    fn rule(&mut self, rule: &Rule) {
        match rule {
            Rule::Drop => self.push(code::RET, DROP),
            Rule::Require(value, test) => {
                self.load(*value);
                self.skip_if(*test);
                self.push(code::RET, DROP);
            }
            Rule::If(value, test, then, otherwise) => {
                self.load(*value);
                let to_then = self.jump_if(*test);
                self.rules(otherwise);
                let to_end = self.jump();
                self.land(to_then);
                self.rules(then);
                self.land(to_end);
            }
            Rule::Match(value, cases, otherwise) => self.cases(*value, cases, otherwise),
            Rule::Blocks { start, max, each } => self.blocks(*start, *max, each),
            Rule::Mark => {
                self.push(code::LD_MEM, MARKED);
                self.branch(code::JEQ, 0, 1, 0);
                self.push(code::RET, DROP);
                self.push(code::LD_MEM, BLOCK);
                self.push(code::ST, MARKED);
            }
            Rule::Marked(rules) => {
                self.push(code::LD_MEM, MARKED);
                let to_end = self.jump_if(Test::Is(0));
                self.push(code::ST, BLOCK);
                self.rules(rules);
                self.land(to_end);
            }
        }
    }

    fn cases(&mut self, value: Value, cases: &[(Vec<u32>, Vec<Rule>)], otherwise: &[Rule]) {
        self.load(value);
        let mut to_cases = Vec::new();
        for (values, _) in cases {
            to_cases.push(values.iter().map(|value| self.jump_if(Test::Is(*value))).collect());
        }
        self.rules(otherwise);
        let mut to_end = vec![self.jump()];
        for ((_, rules), to_case) in cases.iter().zip::<Vec<Vec<_>>>(to_cases) {
            to_case.into_iter().for_each(|jump| self.land(jump));
            self.rules(rules);
            to_end.push(self.jump());
        }
        to_end.into_iter().for_each(|jump| self.land(jump));
    }

    fn blocks(&mut self, start: u32, max: u32, each: &[Rule]) {
        self.push(code::LDX_IMM, UDP_HEADER + start);
        self.push(code::STX, BLOCK);
        self.push(code::LDX_IMM, 0);
        self.push(code::STX, MARKED);
        let mut to_end = Vec::new();
        for _ in 0..max {
            // Has the end come?
            self.push(code::LD_LEN, 0);
            self.push(code::LDX_MEM, BLOCK);
            self.skip_unless_equal_x();
            to_end.push(self.jump());
            // Where the next block begins: within the packet, or at its end.
            self.load(Value::Half(WORDS));
            self.push(code::LSH, 2);
            self.push(code::ADD, BLOCK_HEADER);
            self.push(code::ADD_X, 0);
            self.push(code::ST, NEXT_BLOCK);
            self.push(code::LD_LEN, 0);
            self.push(code::LDX_MEM, NEXT_BLOCK);
            self.branch(code::JGE_X, 0, 1, 0);
            self.push(code::RET, DROP);
            self.rules(each);
            self.push(code::LDX_MEM, NEXT_BLOCK);
            self.push(code::STX, BLOCK);
        }
        self.push(code::LD_LEN, 0);
        self.push(code::LDX_MEM, BLOCK);
        self.branch(code::JEQ_X, 0, 1, 0);
        self.push(code::RET, DROP);
        to_end.into_iter().for_each(|jump| self.land(jump));
    }

    /// Loads a value into A.
    fn load(&mut self, value: Value) {
        match value {
            Value::Len => {
                self.push(code::LD_LEN, 0);
                self.push(code::SUB, UDP_HEADER);
            }
            Value::Byte(at) => self.load_field(at, code::LD_BYTE, code::LD_BYTE_X),
            Value::Half(at) => self.load_field(at, code::LD_HALF, code::LD_HALF_X),
            Value::Word(at, mask) => {
                self.load_field(at, code::LD_WORD, code::LD_WORD_X);
                if mask != u32::MAX {
                    self.push(code::AND, mask);
                }
            }
            Value::Distance(from, to) => {
                self.load_field(from, code::LD_WORD, code::LD_WORD_X);
                self.push(code::ST, OPERAND);
                self.load_field(to, code::LD_WORD, code::LD_WORD_X);
                self.push(code::LDX_MEM, OPERAND);
                self.push(code::SUB_X, 0);
                self.push(code::AND, SEQUENCE_MASK);
            }
            Value::LenLess(at, shift) => self.load_difference(Value::Len, at, shift),
            Value::WordsLess(at, shift) => self.load_difference(Value::Half(WORDS), at, shift),
        }
    }

    fn load_difference(&mut self, value: Value, at: At, shift: u32) {
        self.load(Value::Byte(at));
        self.push(code::LSH, shift);
        self.push(code::ST, OPERAND);
        self.load(value);
        self.push(code::LDX_MEM, OPERAND);
        self.push(code::SUB_X, 0);
    }

    fn load_field(&mut self, at: At, absolute: u16, indexed: u16) {
        match at {
            At::Start(offset) => self.push(absolute, UDP_HEADER + offset),
            At::Block(offset) => {
                self.push(code::LDX_MEM, BLOCK);
                self.push(indexed, offset);
            }
            At::End(offset) => {
                self.push(code::LD_LEN, 0);
                self.push(code::SUB, offset);
                self.push(code::TAX, 0);
                self.push(indexed, 0);
            }
        }
    }

    /// Skips the next instruction if A passes the test.
    fn skip_if(&mut self, test: Test) {
        match test {
            Test::Is(value) => self.branch(code::JEQ, value, 1, 0),
            Test::IsNot(value) => self.branch(code::JEQ, value, 0, 1),
            Test::AtLeast(min) => self.branch(code::JGE, min, 1, 0),
            Test::AtMost(max) => self.branch(code::JGT, max, 0, 1),
            Test::Lacks(mask) => self.branch(code::JSET, mask, 0, 1),
        }
    }

    fn skip_unless_equal_x(&mut self) {
        self.branch(code::JEQ_X, 0, 0, 1);
    }

    /// Jumps if A passes the test. Conditional jumps do not reach far.
    fn jump_if(&mut self, test: Test) -> Jump {
        match test {
            Test::Is(value) => self.branch(code::JEQ, value, 0, 1),
            Test::IsNot(value) => self.branch(code::JEQ, value, 1, 0),
            Test::AtLeast(min) => self.branch(code::JGE, min, 0, 1),
            Test::AtMost(max) => self.branch(code::JGT, max, 1, 0),
            Test::Lacks(mask) => self.branch(code::JSET, mask, 1, 0),
        }
        self.jump()
    }

    fn jump(&mut self) -> Jump {
        self.push(code::JA, 0);
        Jump(self.instructions.len() - 1)
    }

    /// Has a jump end here.
    fn land(&mut self, Jump(from): Jump) {
        self.instructions[from].operand = (self.instructions.len() - from - 1) as u32;
    }

    fn push(&mut self, code: u16, operand: u32) {
        self.instructions.push(Instruction { code, if_true: 0, if_false: 0, operand });
    }

    fn branch(&mut self, code: u16, operand: u32, if_true: u8, if_false: u8) {
        self.instructions.push(Instruction { code, if_true, if_false, operand });
    }
}

impl Instruction {
    fn encode(&self) -> SockFilter {
        SockFilter::new(self.code, self.if_true, self.if_false, self.operand)
    }
}
