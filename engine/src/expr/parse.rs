//! The grammar of filters (Milvus's Plan.g4): tokens in, a tree out, or what is wrong and where.
//! Operators are read by precedence climbing, from the tightest: LIKE, `=~`, `**`, unary, `* / %`,
//! `+ -`, shifts, IN, ranges `1 < a < 4`, `< <= > >=`, `== !=`, `&`, `^`, `|`, and, or.

mod functions;

use super::lex::{self, Kind, Token};
use super::literal;
use super::tree::{Arithmetic, Compare, Node, Range, Time, Tree, Unary};

/// How deep a filter may be: what types and evaluates it calls itself so often.
const MAX_DEPTH: u16 = 200;
/// Bytes of a filter.
const MAX_LENGTH: usize = 64 << 20;

pub fn parse(text: &str) -> Result<Node, String> {
    if text.len() > MAX_LENGTH {
        return Err(format!("expression of {} bytes, more than {MAX_LENGTH}", text.len()));
    }
    let tokens = lex::tokens(text)?;
    let mut parser = Parser { text, tokens, at: 0, depth: 0 };
    let node = parser.expression(LOOSEST)?;
    let rest = parser.peek();
    if rest.kind != Kind::End {
        return Err(format!(
            "invalid expression: {text}, {} extraneous input '{}' expecting <EOF>",
            lex::place(text, rest.start),
            parser.shown(rest)
        ));
    }
    Ok(node)
}

/// Precedences: the higher, the tighter.
const LOOSEST: u8 = 1;
const OR: u8 = 1;
const AND: u8 = 2;
const BIT_OR: u8 = 3;
const BIT_XOR: u8 = 4;
const BIT_AND: u8 = 5;
const EQUALITY: u8 = 6;
const RELATION: u8 = 7;
const RANGE: u8 = 8;
const IN: u8 = 9;
const SHIFT: u8 = 10;
const SUM: u8 = 11;
const PRODUCT: u8 = 12;
const UNARY: u8 = 13;
const POWER: u8 = 14;
const MATCH: u8 = 15;
const LIKE: u8 = 16;
const EXISTS: u8 = 17;

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    depth: u16,
}

type Parsed<T = Node> = Result<T, String>;

// What calls itself is kept apart from what does not (`inline(never)`, here and in types): the
// stack of a wasm module is one megabyte, and a level is to take little of it.

impl Parser<'_> {
    /// An expression of operators that are at least so tight.
    fn expression(&mut self, least: u8) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.too_deep());
        }
        let mut left = self.primary()?;
        while let Some(operator) = self.infix(self.peek().kind)
            && operator.tightness() >= least
        {
            left = self.operation(operator, left)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// Takes an operator and what is right of it.
    #[inline(never)]
    fn operation(&mut self, operator: Infix, left: Node) -> Parsed {
        let tightness = operator.tightness();
        self.at += 1;
        let start = left.start;
        let tree = match operator {
            Infix::And | Infix::Or => {
                let right = self.expression(tightness + 1)?;
                return self.chained(operator == Infix::And, left, right);
            }
            Infix::Arithmetic(operator, _) => {
                Tree::Arithmetic(operator, Box::new(left), self.right(tightness)?)
            }
            Infix::Power => Tree::Power(Box::new(left), self.right(tightness)?),
            Infix::Compare(compare) => {
                Tree::Compare(compare, Box::new(left), self.right(tightness)?)
            }
            Infix::Range(first) => {
                let of = self.primary()?;
                let second = self.next();
                let right = self.expression(tightness + 1)?;
                let inclusive = |kind| matches!(kind, Kind::LessEqual | Kind::GreaterEqual);
                let (first_in, second_in) = (inclusive(first), inclusive(second.kind));
                Tree::Range(Box::new(match first {
                    Kind::Less | Kind::LessEqual => Range {
                        lower: left,
                        lower_inclusive: first_in,
                        of,
                        upper: right,
                        upper_inclusive: second_in,
                    },
                    _ => Range {
                        lower: right,
                        lower_inclusive: second_in,
                        of,
                        upper: left,
                        upper_inclusive: first_in,
                    },
                }))
            }
            Infix::In { negated } => {
                if negated {
                    self.at += 1;
                }
                Tree::In { negated, of: Box::new(left), list: self.right(tightness)? }
            }
            Infix::Like => Tree::Like(Box::new(left), self.right(tightness)?),
            Infix::Matches { negated } => {
                Tree::Matches { negated, of: Box::new(left), pattern: self.right(tightness)? }
            }
        };
        self.node(start, tree)
    }

    fn right(&mut self, tightness: u8) -> Parsed<Box<Node>> {
        // all operators group to the left
        self.expression(tightness + 1).map(Box::new)
    }

    fn infix(&self, kind: Kind) -> Option<Infix> {
        use Arithmetic::*;
        Some(match kind {
            Kind::Or => Infix::Or,
            Kind::And => Infix::And,
            Kind::BitOr => Infix::Arithmetic(BitOr, BIT_OR),
            Kind::BitXor => Infix::Arithmetic(BitXor, BIT_XOR),
            Kind::BitAnd => Infix::Arithmetic(BitAnd, BIT_AND),
            Kind::Equal => Infix::Compare(Compare::Equal),
            Kind::NotEqual => Infix::Compare(Compare::NotEqual),
            Kind::Less | Kind::LessEqual | Kind::Greater | Kind::GreaterEqual
                if self.is_range(kind) =>
            {
                Infix::Range(kind)
            }
            Kind::Less => Infix::Compare(Compare::Less),
            Kind::LessEqual => Infix::Compare(Compare::LessEqual),
            Kind::Greater => Infix::Compare(Compare::Greater),
            Kind::GreaterEqual => Infix::Compare(Compare::GreaterEqual),
            Kind::In => Infix::In { negated: false },
            Kind::Not if self.ahead(1).kind == Kind::In => Infix::In { negated: true },
            Kind::ShiftLeft => Infix::Arithmetic(ShiftLeft, SHIFT),
            Kind::ShiftRight => Infix::Arithmetic(ShiftRight, SHIFT),
            Kind::Add => Infix::Arithmetic(Add, SUM),
            Kind::Subtract => Infix::Arithmetic(Subtract, SUM),
            Kind::Multiply => Infix::Arithmetic(Multiply, PRODUCT),
            Kind::Divide => Infix::Arithmetic(Divide, PRODUCT),
            Kind::Modulo => Infix::Arithmetic(Modulo, PRODUCT),
            Kind::Power => Infix::Power,
            Kind::Matches => Infix::Matches { negated: false },
            Kind::MatchesNot => Infix::Matches { negated: true },
            Kind::Like => Infix::Like,
            _ => return None,
        })
    }

    /// `< name <`: a relation, a field alone, a relation of the same direction.
    fn is_range(&self, first: Kind) -> bool {
        let same = match first {
            Kind::Less | Kind::LessEqual => [Kind::Less, Kind::LessEqual],
            _ => [Kind::Greater, Kind::GreaterEqual],
        };
        matches!(self.ahead(1).kind, Kind::Name | Kind::Path | Kind::Part)
            && same.contains(&self.ahead(2).kind)
    }

    #[inline(never)]
    fn primary(&mut self) -> Parsed {
        let token = self.next();
        let tree = match token.kind {
            Kind::Int => {
                match literal::int(self.shown(token)).map_err(|why| self.at(token, why))? {
                    literal::Int::Value(value) => Tree::Int(value),
                    literal::Int::Least => Tree::Least,
                }
            }
            Kind::Float => {
                Tree::Float(literal::float(self.shown(token)).map_err(|why| self.at(token, why))?)
            }
            Kind::Bool => Tree::Bool(self.shown(token).eq_ignore_ascii_case("true")),
            Kind::Text => Tree::Text,
            Kind::RawText => Tree::RawText,
            Kind::Name if self.peek().kind == Kind::Open => return self.call(token),
            Kind::Name | Kind::Meta | Kind::Path => return self.named(token),
            Kind::Iso => return self.moment_first(token),
            Kind::Part => Tree::Part,
            Kind::OpenBrace => {
                let name = self.expect(&[Kind::Name], "Identifier")?;
                self.expect(&[Kind::CloseBrace], "'}'")?;
                Tree::Template(name)
            }
            Kind::Open => {
                let inner = self.expression(LOOSEST)?;
                self.expect(&[Kind::Close], "')'")?;
                return Ok(inner);
            }
            Kind::EmptyList => Tree::List(Vec::new()),
            Kind::OpenList => Tree::List(self.list()?),
            Kind::Exists => Tree::Exists(Box::new(self.expression(EXISTS)?)),
            Kind::Add => self.unary(Unary::Plus)?,
            Kind::Subtract => self.unary(Unary::Minus)?,
            Kind::Not => self.unary(Unary::Not)?,
            Kind::BitNot => self.unary(Unary::BitNot)?,
            Kind::Function(function) => self.function(function, token)?,
            _ => {
                self.at -= 1;
                return Err(self.unexpected());
            }
        };
        self.node(token.start, tree)
    }

    fn unary(&mut self, operator: Unary) -> Parsed<Tree> {
        Ok(Tree::Unary(operator, Box::new(self.expression(UNARY)?)))
    }

    /// Elements up to the closing bracket, with a comma at the end or without.
    #[inline(never)]
    fn list(&mut self) -> Parsed<Vec<Node>> {
        let mut elements = Vec::new();
        loop {
            elements.push(self.expression(LOOSEST)?);
            let mark = self.expect(&[Kind::Comma, Kind::CloseList], "{',', ']'}")?;
            if mark.kind == Kind::CloseList {
                return Ok(elements);
            }
            if self.peek().kind == Kind::CloseList {
                self.at += 1;
                return Ok(elements);
            }
        }
    }

    /// A field, and what only a field can have behind it: `is null`, a comparison with a moment.
    #[inline(never)]
    fn named(&mut self, token: Token) -> Parsed {
        let tree = if token.kind == Kind::Path { Tree::Path } else { Tree::Name };
        let name = Node { start: token.start, end: token.end, height: 0, tree };
        let next = self.peek().kind;
        if token.kind != Kind::Meta && matches!(next, Kind::IsNull | Kind::IsNotNull) {
            self.at += 1;
            let tree = Tree::Null { negated: next == Kind::IsNotNull, of: Box::new(name) };
            return self.node(token.start, tree);
        }
        if token.kind == Kind::Name {
            if matches!(next, Kind::Add | Kind::Subtract) && self.ahead(1).kind == Kind::Interval {
                let interval = self.interval()?;
                let compare = self.comparison()?;
                self.expect(&[Kind::Iso], "'ISO'")?;
                let moment = self.expect(&[Kind::Text], "StringLiteral")?;
                let time = Time { field: token, interval, compare, moment };
                return self.node(token.start, Tree::Time(Box::new(time)));
            }
            if compare(next).is_some() && self.ahead(1).kind == Kind::Iso {
                let compare = self.comparison()?;
                self.at += 1;
                let moment = self.expect(&[Kind::Text], "StringLiteral")?;
                let time = Time { field: token, interval: None, compare, moment };
                return self.node(token.start, Tree::Time(Box::new(time)));
            }
        }
        Ok(name)
    }

    /// `ISO '…' < field + INTERVAL '…'`
    #[inline(never)]
    fn moment_first(&mut self, token: Token) -> Parsed {
        let moment = self.expect(&[Kind::Text], "StringLiteral")?;
        let compare = self.comparison()?.turned();
        let field = self.expect(&[Kind::Name], "Identifier")?;
        let sign = matches!(self.peek().kind, Kind::Add | Kind::Subtract);
        let interval = match sign && self.ahead(1).kind == Kind::Interval {
            true => self.interval()?,
            false => None,
        };
        let time = Time { field, interval, compare, moment };
        self.node(token.start, Tree::Time(Box::new(time)))
    }

    /// `+ INTERVAL 'P1D'`
    fn interval(&mut self) -> Parsed<Option<(Arithmetic, Token)>> {
        let sign = match self.next().kind {
            Kind::Subtract => Arithmetic::Subtract,
            _ => Arithmetic::Add,
        };
        self.at += 1;
        Ok(Some((sign, self.expect(&[Kind::Text], "StringLiteral")?)))
    }

    fn comparison(&mut self) -> Parsed<Compare> {
        let token = self.peek();
        let found = compare(token.kind).ok_or_else(|| self.unexpected())?;
        self.at += 1;
        Ok(found)
    }

    /// A long chain of ANDs or ORs is one node, so that it is not deep.
    fn chained(&self, and: bool, left: Node, right: Node) -> Parsed {
        let (start, height, above) = (left.start, left.height, right.height + 1);
        let (parts, height) = match (and, left.tree) {
            (true, Tree::And(mut parts)) | (false, Tree::Or(mut parts)) => {
                parts.push(right);
                (parts, height.max(above))
            }
            (_, tree) => (vec![Node { tree, ..left }, right], above.max(height + 1)),
        };
        self.placed(start, height, if and { Tree::And(parts) } else { Tree::Or(parts) })
    }

    /// A node up to the token that was taken last.
    fn node(&self, start: u32, tree: Tree) -> Parsed {
        let below = match &tree {
            Tree::Unary(_, a) | Tree::Exists(a) | Tree::Sample(a) => a.height + 1,
            Tree::Arithmetic(_, a, b)
            | Tree::Power(a, b)
            | Tree::Compare(_, a, b)
            | Tree::Like(a, b)
            | Tree::Contains(_, a, b) => a.height.max(b.height) + 1,
            Tree::In { of, list, .. } => of.height.max(list.height) + 1,
            Tree::Matches { of, pattern, .. } => of.height.max(pattern.height) + 1,
            Tree::Range(range) => range.lower.height.max(range.upper.height) + 1,
            Tree::List(parts) => highest(parts) + 1,
            Tree::Call { arguments, .. } => highest(arguments) + 1,
            Tree::ElementFilter { of, .. } | Tree::Match { of, .. } => of.height + 1,
            Tree::TextMatch { query, .. } => query.height + 1,
            Tree::PhraseMatch { query, slop, .. } => {
                query.height.max(slop.as_ref().map_or(0, |slop| slop.height)) + 1
            }
            _ => 0,
        };
        self.placed(start, below, tree)
    }

    fn placed(&self, start: u32, height: u16, tree: Tree) -> Parsed {
        if height > MAX_DEPTH {
            return Err(self.too_deep());
        }
        let end = self.at.checked_sub(1).and_then(|last| self.tokens.get(last));
        Ok(Node { start, end: end.map_or(start, |last| last.end), height, tree })
    }

    fn expect(&mut self, kinds: &[Kind], words: &str) -> Parsed<Token> {
        let token = self.peek();
        if kinds.contains(&token.kind) {
            self.at += 1;
            return Ok(token);
        }
        Err(self.at(token, format!("mismatched input '{}' expecting {words}", self.shown(token))))
    }

    fn unexpected(&self) -> String {
        let token = self.peek();
        self.at(token, format!("no viable alternative at input '{}'", self.shown(token)))
    }

    fn too_deep(&self) -> String {
        self.at(self.peek(), format!("expression is nested more than {MAX_DEPTH} deep"))
    }

    fn at(&self, token: Token, what: String) -> String {
        format!("{} {what}", lex::place(self.text, token.start))
    }

    fn shown(&self, token: Token) -> &str {
        if token.kind == Kind::End {
            return "<EOF>";
        }
        self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    fn peek(&self) -> Token {
        self.ahead(0)
    }

    fn ahead(&self, tokens: usize) -> Token {
        let end = self.text.len() as u32;
        let end = Token { kind: Kind::End, start: end, end };
        self.tokens.get(self.at + tokens).copied().unwrap_or(end)
    }

    fn next(&mut self) -> Token {
        let token = self.peek();
        self.at += 1;
        token
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Infix {
    And,
    Or,
    Arithmetic(Arithmetic, u8),
    Power,
    Compare(Compare),
    Range(Kind),
    In { negated: bool },
    Like,
    Matches { negated: bool },
}

impl Infix {
    fn tightness(self) -> u8 {
        match self {
            Infix::Or => OR,
            Infix::And => AND,
            Infix::Arithmetic(_, tightness) => tightness,
            Infix::Power => POWER,
            Infix::Compare(Compare::Equal | Compare::NotEqual) => EQUALITY,
            Infix::Compare(_) => RELATION,
            Infix::Range(_) => RANGE,
            Infix::In { .. } => IN,
            Infix::Like => LIKE,
            Infix::Matches { .. } => MATCH,
        }
    }
}

fn compare(kind: Kind) -> Option<Compare> {
    Some(match kind {
        Kind::Less => Compare::Less,
        Kind::LessEqual => Compare::LessEqual,
        Kind::Greater => Compare::Greater,
        Kind::GreaterEqual => Compare::GreaterEqual,
        Kind::Equal => Compare::Equal,
        Kind::NotEqual => Compare::NotEqual,
        _ => return None,
    })
}

fn highest(parts: &[Node]) -> u16 {
    parts.iter().map(|part| part.height).max().unwrap_or(0)
}
