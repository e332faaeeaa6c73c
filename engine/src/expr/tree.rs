//! A filter as it was written: what the parser makes and types read. Names, strings and the like
//! are the text at a node's place, to be read when their types are known.

use super::lex::Token;

#[derive(Clone, Debug)]
pub struct Node {
    pub start: u32,
    pub end: u32,
    /// nodes below it, one under the other
    pub height: u16,
    pub tree: Tree,
}

#[derive(Clone, Debug)]
pub enum Tree {
    Int(i64),
    /// 9223372036854775808, a number behind a minus only
    Least,
    Float(f64),
    Bool(bool),
    Text,
    RawText,
    /// a field or a dynamic key
    Name,
    /// `j["a"][0]`
    Path,
    /// a part of an array of structs
    Part,
    /// `{name}`: the place of the name
    Template(Token),
    List(Vec<Node>),
    Unary(Unary, Box<Node>),
    Arithmetic(Arithmetic, Box<Node>, Box<Node>),
    Power(Box<Node>, Box<Node>),
    Compare(Compare, Box<Node>, Box<Node>),
    Range(Box<Range>),
    In {
        negated: bool,
        of: Box<Node>,
        list: Box<Node>,
    },
    Like(Box<Node>, Box<Node>),
    Matches {
        negated: bool,
        of: Box<Node>,
        pattern: Box<Node>,
    },
    And(Vec<Node>),
    Or(Vec<Node>),
    Exists(Box<Node>),
    /// of a name or a path
    Null {
        negated: bool,
        of: Box<Node>,
    },
    Contains(Contains, Box<Node>, Box<Node>),
    Length(Box<Node>),
    TextMatch {
        field: Token,
        query: Box<Node>,
        minimum: Option<Token>,
    },
    PhraseMatch {
        field: Token,
        query: Box<Node>,
        slop: Option<Box<Node>>,
    },
    Sample(Box<Node>),
    /// the elements of an array of structs that are so
    ElementFilter {
        array: Token,
        of: Box<Node>,
    },
    /// how many elements of an array of structs are so
    Match {
        how: Quantity,
        array: Token,
        of: Box<Node>,
        threshold: Option<Token>,
    },
    Time(Box<Time>),
    Call {
        name: Token,
        arguments: Vec<Node>,
    },
    /// a function of shapes: its name, its field, what it is given beside it
    Spatial {
        name: Token,
        field: Token,
        arguments: Vec<Node>,
    },
    /// a function that this engine has not: its name and its field
    Absent {
        name: Token,
        field: Option<Token>,
    },
}

/// `lower < field <= upper`, also when it is written the other way round.
#[derive(Clone, Debug)]
pub struct Range {
    pub lower: Node,
    pub lower_inclusive: bool,
    pub of: Node,
    pub upper: Node,
    pub upper_inclusive: bool,
}

/// `field + INTERVAL 'P1D' > ISO '2026-01-01T00:00:00Z'`
#[derive(Clone, Debug)]
pub struct Time {
    pub field: Token,
    pub interval: Option<(Arithmetic, Token)>,
    pub compare: Compare,
    pub moment: Token,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    Plus,
    Minus,
    Not,
    BitNot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    ShiftLeft,
    ShiftRight,
    BitAnd,
    BitOr,
    BitXor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contains {
    One,
    All,
    Any,
}

/// How many elements a match asks for; all but the first two have a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    All,
    Any,
    Least,
    Most,
    Exact,
}

impl Arithmetic {
    /// As Milvus names it in errors.
    pub fn name(self) -> &'static str {
        match self {
            Arithmetic::Add => "add",
            Arithmetic::Subtract => "subtract",
            Arithmetic::Multiply => "multiply",
            Arithmetic::Divide => "divide",
            Arithmetic::Modulo => "modulo",
            Arithmetic::ShiftLeft => "shiftleft",
            Arithmetic::ShiftRight => "shiftright",
            Arithmetic::BitAnd => "bitand",
            Arithmetic::BitOr => "bitor",
            Arithmetic::BitXor => "bitxor",
        }
    }

    pub fn sign(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::Modulo => "%",
            Arithmetic::ShiftLeft => "<<",
            Arithmetic::ShiftRight => ">>",
            Arithmetic::BitAnd => "&",
            Arithmetic::BitOr => "|",
            Arithmetic::BitXor => "^",
        }
    }

    pub fn is_bitwise(self) -> bool {
        match self {
            Arithmetic::ShiftLeft
            | Arithmetic::ShiftRight
            | Arithmetic::BitAnd
            | Arithmetic::BitOr
            | Arithmetic::BitXor => true,
            Arithmetic::Add
            | Arithmetic::Subtract
            | Arithmetic::Multiply
            | Arithmetic::Divide
            | Arithmetic::Modulo => false,
        }
    }
}

impl Compare {
    pub fn sign(self) -> &'static str {
        match self {
            Compare::Less => "<",
            Compare::LessEqual => "<=",
            Compare::Greater => ">",
            Compare::GreaterEqual => ">=",
            Compare::Equal => "==",
            Compare::NotEqual => "!=",
        }
    }

    /// What `a op b` is when it is told of b.
    pub fn turned(self) -> Compare {
        match self {
            Compare::Less => Compare::Greater,
            Compare::LessEqual => Compare::GreaterEqual,
            Compare::Greater => Compare::Less,
            Compare::GreaterEqual => Compare::LessEqual,
            Compare::Equal => Compare::Equal,
            Compare::NotEqual => Compare::NotEqual,
        }
    }

    /// Whether it is so of two values that stand in this order.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Compare::Less => order.is_lt(),
            Compare::LessEqual => order.is_le(),
            Compare::Greater => order.is_gt(),
            Compare::GreaterEqual => order.is_ge(),
            Compare::Equal => order.is_eq(),
            Compare::NotEqual => order.is_ne(),
        }
    }
}

impl Quantity {
    /// As Milvus names it in errors.
    pub fn name(self) -> &'static str {
        match self {
            Quantity::All => "MATCH_ALL",
            Quantity::Any => "MATCH_ANY",
            Quantity::Least => "MATCH_LEAST",
            Quantity::Most => "MATCH_MOST",
            Quantity::Exact => "MATCH_EXACT",
        }
    }
}

impl Contains {
    /// As Milvus names it in errors.
    pub fn name(self) -> &'static str {
        match self {
            Contains::One => "Contains",
            Contains::All => "ContainsAll",
            Contains::Any => "ContainsAny",
        }
    }

    /// The same in the middle of a sentence.
    pub fn word(self) -> &'static str {
        match self {
            Contains::One => "contains",
            Contains::All => "contains_all",
            Contains::Any => "contains_any",
        }
    }
}
