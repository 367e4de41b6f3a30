//! From instructions with labels to a program.

use socket2::SockFilter;

/// The kernel's instruction codes, as in `linux/bpf_common.h`.
pub(super) mod code {
    pub(in super::super) const LD_LEN: u16 = 0x80;
    pub(in super::super) const LD_WORD: u16 = 0x20;
    pub(in super::super) const LD_HALF: u16 = 0x28;
    pub(in super::super) const LD_BYTE: u16 = 0x30;
    pub(in super::super) const LD_WORD_X: u16 = 0x40;
    pub(in super::super) const LD_HALF_X: u16 = 0x48;
    pub(in super::super) const LD_BYTE_X: u16 = 0x50;
    pub(in super::super) const LD_MEM: u16 = 0x60;
    pub(in super::super) const LDX_LEN: u16 = 0x81;
    pub(in super::super) const LDX_IMM: u16 = 0x01;
    pub(in super::super) const LDX_MEM: u16 = 0x61;
    pub(in super::super) const ST: u16 = 0x02;
    pub(in super::super) const STX: u16 = 0x03;
    pub(in super::super) const ADD: u16 = 0x04;
    pub(in super::super) const ADD_X: u16 = 0x0c;
    pub(in super::super) const SUB: u16 = 0x14;
    pub(in super::super) const SUB_X: u16 = 0x1c;
    pub(in super::super) const AND: u16 = 0x54;
    pub(in super::super) const LSH: u16 = 0x64;
    pub(in super::super) const TAX: u16 = 0x07;
    pub(super) const JA: u16 = 0x05;
    pub(in super::super) const JEQ: u16 = 0x15;
    pub(in super::super) const JEQ_X: u16 = 0x1d;
    pub(in super::super) const JGT: u16 = 0x25;
    pub(in super::super) const JGT_X: u16 = 0x2d;
    pub(in super::super) const JGE: u16 = 0x35;
    pub(in super::super) const JSET: u16 = 0x45;
    pub(in super::super) const RET: u16 = 0x06;
}

/// What a program returns to drop a packet.
const DROP: u32 = 0;

/// How far a conditional jump reaches.
const REACH: usize = u8::MAX as usize;

/// A place further on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label(usize);

/// Where a branch leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The next instruction.
    Next,
    Label(Label),
    /// Any instruction that drops the packet.
    Drop,
}

/// Takes instructions in their order.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    instructions: Vec<Instruction>,
    /// Where labels are, as indices of instructions.
    labels: Vec<Option<usize>>,
}

#[derive(Clone, Copy, Debug)]
enum Instruction {
    Plain { code: u16, operand: u32 },
    Jump(Label),
    Branch { code: u16, operand: u32, if_true: Target, if_false: Target },
}

impl Assembler {
    pub(super) fn push(&mut self, code: u16, operand: u32) {
        self.instructions.push(Instruction::Plain { code, operand });
    }

    pub(super) fn drop_packet(&mut self) {
        self.push(code::RET, DROP);
    }

    pub(super) fn jump(&mut self, label: Label) {
        // What comes after a return is reached by labels alone.
        let last = self.instructions.last();
        let is_return = matches!(last, Some(Instruction::Plain { code: code::RET, .. }));
        if !is_return || self.is_reached_by_label() {
            self.instructions.push(Instruction::Jump(label));
        }
    }

    /// Whether a label is put behind the last instruction.
    fn is_reached_by_label(&self) -> bool {
        self.labels.contains(&Some(self.instructions.len()))
    }

    pub(super) fn branch(&mut self, code: u16, operand: u32, if_true: Target, if_false: Target) {
        self.instructions.push(Instruction::Branch { code, operand, if_true, if_false });
    }

    pub(super) fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// Puts a label here.
    pub(super) fn land(&mut self, label: Label) {
        // A jump to the next instruction is none.
        let is_jump =
            matches!(self.instructions.last(), Some(Instruction::Jump(to)) if *to == label);
        if is_jump && !self.is_reached_by_label() {
            self.instructions.pop();
        }
        self.labels[label.0] = Some(self.instructions.len());
    }

    /// The program, with an instruction at its end that drops the packet.
    pub(super) fn finish(mut self) -> Vec<SockFilter> {
        self.drop_packet();
        let mut layout = Layout::new(&self);
        while layout.widen(&self) {}
        layout.encode(&self)
    }

    /// The index of the instruction that a branch at `index` leads to.
    fn target(&self, index: usize, target: Target) -> usize {
        match target {
            Target::Next => index + 1,
            Target::Label(label) => self.labels[label.0].expect("labels are put somewhere"),
            Target::Drop => {
                let drops = |it: &Instruction| {
                    matches!(it, Instruction::Plain { code: code::RET, operand: DROP })
                };
                let drop = self.instructions[index..].iter().position(drops);
                index + drop.expect("the last instruction drops packets")
            }
        }
    }
}

/// How long each instruction is: a branch that leads too far is followed by jumps, or by an instruction of
/// its own that drops the packet.
#[derive(Debug)]
struct Layout {
    /// For each instruction, whether its targets are too far away.
    far: Vec<[bool; 2]>,
}

impl Layout {
    fn new(of: &Assembler) -> Self {
        Self { far: vec![[false; 2]; of.instructions.len()] }
    }

    /// Where each instruction is in the program.
    fn addresses(&self) -> Vec<usize> {
        let mut next = 0;
        let address = |far: &[bool; 2]| {
            let address = next;
            next += 1 + far.iter().filter(|far| **far).count();
            address
        };
        self.far.iter().map(address).collect()
    }

    /// Marks the targets that are too far away. Returns whether there are new ones, which move others.
    fn widen(&mut self, of: &Assembler) -> bool {
        let addresses = self.addresses();
        let mut is_new = false;
        for (index, instruction) in of.instructions.iter().enumerate() {
            let Instruction::Branch { if_true, if_false, .. } = *instruction else { continue };
            for (side, target) in [if_true, if_false].into_iter().enumerate() {
                // Room for the two instructions that may come between.
                let distance = addresses[of.target(index, target)] - addresses[index];
                if distance + 2 > REACH && !self.far[index][side] {
                    self.far[index][side] = true;
                    is_new = true;
                }
            }
        }
        is_new
    }

    fn encode(&self, of: &Assembler) -> Vec<SockFilter> {
        let addresses = self.addresses();
        let mut program = Vec::new();
        for (index, instruction) in of.instructions.iter().enumerate() {
            let to = |target| addresses[of.target(index, target)];
            match *instruction {
                Instruction::Plain { code, operand } => {
                    program.push(SockFilter::new(code, 0, 0, operand));
                }
                Instruction::Jump(label) => {
                    let distance = to(Target::Label(label)) - addresses[index] - 1;
                    program.push(SockFilter::new(code::JA, 0, 0, distance as u32));
                }
                Instruction::Branch { code, operand, if_true, if_false } => {
                    let mut behind = Vec::new();
                    let mut reach = |target, is_far: bool| {
                        if !is_far {
                            return (to(target) - addresses[index] - 1) as u8;
                        }
                        behind.push(target);
                        (behind.len() - 1) as u8
                    };
                    let [far_if_true, far_if_false] = self.far[index];
                    let if_true = reach(if_true, far_if_true);
                    let if_false = reach(if_false, far_if_false);
                    program.push(SockFilter::new(code, if_true, if_false, operand));
                    for target in behind {
                        let distance = to(target) - program.len() - 1;
                        program.push(match target {
                            Target::Drop => SockFilter::new(code::RET, 0, 0, DROP),
                            _ => SockFilter::new(code::JA, 0, 0, distance as u32),
                        });
                    }
                }
            }
        }
        program
    }
}
