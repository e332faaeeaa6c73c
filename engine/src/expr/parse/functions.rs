//! The grammar of functions: each with its own arguments.

use super::{LOOSEST, Parsed, Parser};
use crate::expr::lex::{Function, Kind, Token};
use crate::expr::tree::{Contains, Node, Quantity, Tree};

impl Parser<'_> {
    #[inline(never)]
    pub(super) fn function(&mut self, function: Function, name: Token) -> Parsed<Tree> {
        self.expect(&[Kind::Open], "'('")?;
        let tree = match function {
            Function::TextMatch => {
                let field = self.expect(&[Kind::Name], "Identifier")?;
                let query = self.argument()?;
                let minimum = match self.peek().kind {
                    Kind::Comma => {
                        self.at += 1;
                        self.expect(&[Kind::MinimumShouldMatch], "MINIMUM_SHOULD_MATCH")?;
                        self.expect(&[Kind::Assign], "'='")?;
                        Some(self.expect(&[Kind::Int], "IntegerConstant")?)
                    }
                    _ => None,
                };
                Tree::TextMatch { field, query, minimum }
            }
            Function::PhraseMatch => {
                let field = self.expect(&[Kind::Name], "Identifier")?;
                let query = self.argument()?;
                let slop = match self.peek().kind {
                    Kind::Comma => Some(self.argument()?),
                    _ => None,
                };
                Tree::PhraseMatch { field, query, slop }
            }
            Function::TextMatchFuzzy => {
                let field = self.expect(&[Kind::Name], "Identifier")?;
                self.argument()?;
                self.expect(&[Kind::Comma], "','")?;
                self.expect(&[Kind::Name], "Identifier")?;
                self.expect(&[Kind::Assign], "'='")?;
                self.expect(&[Kind::Int], "IntegerConstant")?;
                Tree::Absent { name, field: Some(field) }
            }
            Function::RandomSample => Tree::Sample(Box::new(self.expression(LOOSEST)?)),
            Function::ContainsOne | Function::ContainsAll | Function::ContainsAny => {
                let how = match function {
                    Function::ContainsAll => Contains::All,
                    Function::ContainsAny => Contains::Any,
                    _ => Contains::One,
                };
                let of = Box::new(self.expression(LOOSEST)?);
                Tree::Contains(how, of, self.argument()?)
            }
            Function::ArrayLength => {
                let of = self.expect(&[Kind::Name, Kind::Path, Kind::Part], "Identifier")?;
                let tree = match of.kind {
                    Kind::Path => Tree::Path,
                    Kind::Part => Tree::Part,
                    _ => Tree::Name,
                };
                let node = Node { start: of.start, end: of.end, height: 0, tree };
                Tree::Length(Box::new(node))
            }
            Function::ElementFilter => {
                let array = self.expect(&[Kind::Name], "Identifier")?;
                Tree::ElementFilter { array, of: self.argument()? }
            }
            Function::Match(how) => {
                let array = self.expect(&[Kind::Name], "Identifier")?;
                let of = self.argument()?;
                let threshold = match how {
                    Quantity::All | Quantity::Any => None,
                    Quantity::Least | Quantity::Most | Quantity::Exact => {
                        self.expect(&[Kind::Comma], "','")?;
                        self.expect(&[Kind::Threshold], "THRESHOLD")?;
                        self.expect(&[Kind::Assign], "'='")?;
                        Some(self.expect(&[Kind::Int], "IntegerConstant")?)
                    }
                };
                Tree::Match { how, array, of, threshold }
            }
            Function::Spatial => {
                let field = self.expect(&[Kind::Name], "Identifier")?;
                let word = self.text.get(name.start as usize..name.end as usize);
                let count = match word.unwrap_or_default().to_ascii_lowercase().as_str() {
                    "st_isvalid" => 0,
                    "st_dwithin" => 2,
                    _ => 1,
                };
                let arguments = (0..count).map(|_| self.argument().map(|argument| *argument));
                let arguments = arguments.collect::<Parsed<_>>()?;
                Tree::Spatial { name, field, arguments }
            }
        };
        self.expect(&[Kind::Close], "')'")?;
        Ok(tree)
    }

    /// A comma and an expression.
    fn argument(&mut self) -> Parsed<Box<Node>> {
        self.expect(&[Kind::Comma], "','")?;
        Ok(Box::new(self.expression(LOOSEST)?))
    }

    /// A function by a name of its own.
    #[inline(never)]
    pub(super) fn call(&mut self, name: Token) -> Parsed {
        self.at += 1;
        let mut arguments = Vec::new();
        while self.peek().kind != Kind::Close {
            arguments.push(self.expression(LOOSEST)?);
            if self.peek().kind != Kind::Close {
                self.expect(&[Kind::Comma], "{',', ')'}")?;
            }
        }
        self.at += 1;
        self.node(name.start, Tree::Call { name, arguments })
    }
}
