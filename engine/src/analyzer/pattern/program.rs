//! Tries a regular expression on a text: steps with backtracking, on a stack of its own.
//!
//! A tree goes in, steps come out of it; then characters go in, and whether the steps match
//! somewhere comes out. A text never costs more than [`BUDGET`] steps.

use super::{Exhausted, Manner, Node, Place, Set, is_word};

/// How many steps a text may cost (fancy-regex's bound on backtracking).
const BUDGET: usize = 1_000_000;
/// How many steps and parts an expression may have, its repetitions written out.
const LONGEST: usize = 40_000;

/// A regular expression as steps.
pub(super) struct Program {
    steps: Vec<Step>,
    slots: usize,
}

enum Step {
    /// Match one character.
    One(Set),
    Place(Place),
    /// Try the first; when it comes to nothing, the second.
    Split(usize, usize),
    Jump(usize),
    /// Note the place in a slot.
    Note(usize),
    /// Go on only if the place is another than the one noted in a slot.
    Progress(usize),
    /// Match what two slots enclose.
    Back {
        from: usize,
        to: usize,
        any_case: bool,
    },
    /// Match other steps, and forget their alternatives.
    Atomic(Vec<Step>),
    /// Match, or do not match, other steps here, or before here, without moving.
    Look {
        behind: usize,
        negative: bool,
        steps: Vec<Step>,
    },
}

impl Program {
    pub(super) fn new(tree: &Node) -> Result<Program, String> {
        let mut compiler = Compiler { steps: Vec::new(), slots: 0, size: 0 };
        compiler.slots = 2 * (highest_group(tree) + 1);
        compiler.node(tree)?;
        Ok(Program { steps: compiler.steps, slots: compiler.slots })
    }

    pub(super) fn is_in(&self, text: &[char]) -> Result<bool, Exhausted> {
        let mut run = Run { text, slots: Vec::new(), budget: BUDGET };
        for start in 0..=text.len() {
            run.budget = run.budget.checked_sub(self.slots).ok_or(Exhausted)?;
            run.slots.clear();
            run.slots.resize(self.slots, usize::MAX);
            if run.steps(&self.steps, start, &mut Vec::new())?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn highest_group(node: &Node) -> usize {
    match node {
        Node::Empty | Node::One(_) | Node::Place(_) | Node::Back { .. } => 0,
        Node::Sequence(nodes) | Node::Choice(nodes) => {
            nodes.iter().map(highest_group).max().unwrap_or(0)
        }
        Node::Group { number, of } => highest_group(of).max(*number),
        Node::Repeat { of, .. } | Node::Atomic(of) | Node::Look { of, .. } => highest_group(of),
    }
}

struct Compiler {
    steps: Vec<Step>,
    slots: usize,
    /// Steps and parts so far, those of inner lists too.
    size: usize,
}

impl Compiler {
    fn node(&mut self, node: &Node) -> Result<(), String> {
        self.grow()?; // nothing repeated a thousand times a thousand times is work as well
        match node {
            Node::Empty => {}
            Node::One(set) => {
                self.push(Step::One(set.clone()))?;
            }
            Node::Place(place) => {
                self.push(Step::Place(*place))?;
            }
            Node::Sequence(nodes) => {
                for node in nodes {
                    self.node(node)?;
                }
            }
            Node::Choice(branches) => self.choice(branches)?,
            Node::Group { number, of } => {
                self.push(Step::Note(2 * number))?;
                self.node(of)?;
                self.push(Step::Note(2 * number + 1))?;
            }
            Node::Back { number, any_case } => {
                let (from, to, any_case) = (2 * number, 2 * number + 1, *any_case);
                self.push(Step::Back { from, to, any_case })?;
            }
            Node::Atomic(of) => {
                let steps = self.apart(|compiler| compiler.node(of))?;
                self.push(Step::Atomic(steps))?;
            }
            Node::Look { behind: false, negative, of } => {
                let steps = self.apart(|compiler| compiler.node(of))?;
                self.push(Step::Look { behind: 0, negative: *negative, steps })?;
            }
            Node::Look { behind: true, negative, of } => self.look_behind(of, *negative)?,
            Node::Repeat { of, least, most, manner: Manner::Possessive } => {
                let steps = self.apart(|c| c.repeat(of, *least, *most, Manner::Greedy))?;
                self.push(Step::Atomic(steps))?;
            }
            Node::Repeat { of, least, most, manner } => self.repeat(of, *least, *most, *manner)?,
        }
        Ok(())
    }

    fn choice(&mut self, branches: &[Node]) -> Result<(), String> {
        let mut ends = Vec::new();
        for (at, branch) in branches.iter().enumerate() {
            if at + 1 == branches.len() {
                self.node(branch)?;
            } else {
                let split = self.push(Step::Split(0, 0))?;
                self.node(branch)?;
                ends.push(self.push(Step::Jump(0))?);
                self.set(split, Step::Split(split + 1, self.steps.len()));
            }
        }
        for end in ends {
            self.set(end, Step::Jump(self.steps.len()));
        }
        Ok(())
    }

    fn repeat(
        &mut self,
        of: &Node,
        least: usize,
        most: Option<usize>,
        manner: Manner,
    ) -> Result<(), String> {
        for _ in 0..least {
            self.node(of)?;
        }
        let Some(most) = most else {
            let slot = self.slots;
            self.slots += 1;
            let split = self.push(Step::Split(0, 0))?;
            self.push(Step::Note(slot))?;
            self.node(of)?;
            self.push(Step::Progress(slot))?;
            self.push(Step::Jump(split))?;
            self.set_split(split, manner);
            return Ok(());
        };
        let mut splits = Vec::new();
        for _ in least..most {
            splits.push(self.push(Step::Split(0, 0))?);
            self.node(of)?;
        }
        for split in splits {
            self.set_split(split, manner);
        }
        Ok(())
    }

    /// Branches may differ in width; each has one of its own.
    fn look_behind(&mut self, of: &Node, negative: bool) -> Result<(), String> {
        let branches = match of {
            Node::Choice(branches) => branches.as_slice(),
            other => std::slice::from_ref(other),
        };
        let mut ends = Vec::new();
        for (at, branch) in branches.iter().enumerate() {
            let behind =
                branch.width().ok_or("what a look-behind looks for must have a fixed width")?;
            let steps = self.apart(|compiler| compiler.node(branch))?;
            let look = Step::Look { behind, negative, steps };
            if negative || at + 1 == branches.len() {
                self.push(look)?;
            } else {
                let split = self.push(Step::Split(0, 0))?;
                self.push(look)?;
                ends.push(self.push(Step::Jump(0))?);
                self.set(split, Step::Split(split + 1, self.steps.len()));
            }
        }
        for end in ends {
            self.set(end, Step::Jump(self.steps.len()));
        }
        Ok(())
    }

    /// Steps in a list of their own.
    fn apart(
        &mut self,
        compile: impl FnOnce(&mut Compiler) -> Result<(), String>,
    ) -> Result<Vec<Step>, String> {
        let outer = std::mem::take(&mut self.steps);
        compile(self)?;
        Ok(std::mem::replace(&mut self.steps, outer))
    }

    fn push(&mut self, step: Step) -> Result<usize, String> {
        self.grow()?;
        self.steps.push(step);
        Ok(self.steps.len() - 1)
    }

    fn grow(&mut self) -> Result<(), String> {
        self.size += 1;
        if self.size > LONGEST {
            return Err("the expression is too long".into());
        }
        Ok(())
    }

    fn set_split(&mut self, at: usize, manner: Manner) {
        let end = self.steps.len();
        let split = match manner {
            Manner::Lazy => Step::Split(end, at + 1),
            Manner::Greedy | Manner::Possessive => Step::Split(at + 1, end),
        };
        self.set(at, split);
    }

    fn set(&mut self, at: usize, step: Step) {
        if let Some(place) = self.steps.get_mut(at) {
            *place = step;
        }
    }
}

/// One attempt on a text.
struct Run<'a> {
    text: &'a [char],
    slots: Vec<usize>,
    budget: usize,
}

/// What to do when a way comes to nothing, the last first.
enum Undo {
    Restore { slot: usize, value: usize },
    Try { step: usize, at: usize },
}

impl Run<'_> {
    /// Where a match of the steps that begins at `at` ends, if there is one. What it notes is
    /// to be restored by `outer` when that comes to nothing.
    fn steps(
        &mut self,
        steps: &[Step],
        mut at: usize,
        outer: &mut Vec<Undo>,
    ) -> Result<Option<usize>, Exhausted> {
        let mut undo: Vec<Undo> = Vec::new();
        let mut next = 0;
        while let Some(step) = steps.get(next) {
            self.budget = self.budget.checked_sub(1).ok_or(Exhausted)?;
            next += 1;
            let goes_on = match step {
                Step::One(set) => match self.text.get(at) {
                    Some(c) if set.has(*c) => {
                        at += 1;
                        true
                    }
                    _ => false,
                },
                Step::Place(place) => self.is_at(*place, at),
                Step::Split(first, second) => {
                    undo.push(Undo::Try { step: *second, at });
                    next = *first;
                    true
                }
                Step::Jump(to) => {
                    next = *to;
                    true
                }
                Step::Note(slot) => {
                    if let Some(noted) = self.slots.get_mut(*slot) {
                        undo.push(Undo::Restore { slot: *slot, value: *noted });
                        *noted = at;
                    }
                    true
                }
                Step::Progress(slot) => self.slots.get(*slot) != Some(&at),
                Step::Back { from, to, any_case } => {
                    match self.repeats(*from, *to, *any_case, at) {
                        Some(end) => {
                            at = end;
                            true
                        }
                        None => false,
                    }
                }
                Step::Atomic(inner) => match self.steps(inner, at, &mut undo)? {
                    Some(end) => {
                        at = end;
                        true
                    }
                    None => false,
                },
                Step::Look { behind, negative, steps: inner } => {
                    let found = match at.checked_sub(*behind) {
                        Some(from) => self.steps(inner, from, &mut undo)?.is_some(),
                        None => false,
                    };
                    found != *negative
                }
            };
            if goes_on {
                continue;
            }
            loop {
                match undo.pop() {
                    Some(Undo::Restore { slot, value }) => {
                        if let Some(noted) = self.slots.get_mut(slot) {
                            *noted = value;
                        }
                    }
                    Some(Undo::Try { step, at: place }) => {
                        next = step;
                        at = place;
                        break;
                    }
                    None => return Ok(None),
                }
            }
        }
        outer.extend(undo.into_iter().filter(|undo| matches!(undo, Undo::Restore { .. })));
        Ok(Some(at))
    }

    /// Where a repetition of a captured group ends.
    fn repeats(&self, from: usize, to: usize, any_case: bool, at: usize) -> Option<usize> {
        let captured = self.text.get(*self.slots.get(from)?..*self.slots.get(to)?)?;
        let here = self.text.get(at..at + captured.len())?;
        let same = captured
            .iter()
            .zip(here)
            .all(|(a, b)| a == b || (any_case && a.to_lowercase().eq(b.to_lowercase())));
        same.then_some(at + captured.len())
    }

    fn is_at(&self, place: Place, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.text.get(before));
        let after = self.text.get(at);
        let boundary = before.is_some_and(|c| is_word(*c)) != after.is_some_and(|c| is_word(*c));
        match place {
            Place::Start => before.is_none(),
            Place::End => after.is_none(),
            Place::LineStart => before.is_none_or(|c| *c == '\n'),
            Place::LineEnd => after.is_none_or(|c| *c == '\n'),
            Place::WordBoundary => boundary,
            Place::NoWordBoundary => !boundary,
        }
    }
}
