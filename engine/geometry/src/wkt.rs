//! Well-known text to shapes, by the grammar of Milvus's own reader and with its words for what is
//! wrong: rings are closed, all points have as many numbers, `Z` and `M` are read and left out.

use geo::{Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint};
use geo::{MultiPolygon, Point, Polygon};

/// Collections within collections; deeper ones would be read on a stack without an end.
const DEEPEST: usize = 64;

/// How much of a line an error shows on each side of its place.
const SHOWN: usize = 30;

/// What a text is, and whether it says POINT, which EMPTY leaves no trace of.
pub fn read(text: &str) -> Result<(Geometry, bool), String> {
    let mut reader = Reader { text, at: 0, token: 0, numbers: None };
    let (geometry, is_point) = reader.geometry(0)?;
    match reader.next()? {
        Token::End => Ok((geometry, is_point)),
        other => Err(reader.unexpected(other, "$end")),
    }
}

#[derive(Clone, Copy)]
enum Token {
    End,
    Open,
    Close,
    Comma,
    Empty,
    Kind(Kind),
    Number(f64),
}

#[derive(Clone, Copy)]
enum Kind {
    Point,
    Line,
    Polygon,
    Points,
    Lines,
    Polygons,
    Collection,
}

struct Reader<'a> {
    text: &'a str,
    /// behind the last token
    at: usize,
    /// where the last token begins
    token: usize,
    /// how many numbers a point has, once that is known
    numbers: Option<usize>,
}

impl Reader<'_> {
    fn geometry(&mut self, depth: usize) -> Result<(Geometry, bool), String> {
        let kind = match self.next()? {
            Token::Kind(kind) => kind,
            other => return Err(self.unexpected(other, "")),
        };
        let empty = self.empty_or_open()?;
        let geometry = match kind {
            Kind::Point if empty => Geometry::MultiPoint(MultiPoint(Vec::new())),
            Kind::Point => Geometry::Point(self.closed(Self::point)?),
            Kind::Line if empty => Geometry::LineString(LineString(Vec::new())),
            Kind::Line => Geometry::LineString(self.line()?),
            Kind::Polygon if empty => Geometry::Polygon(polygon(Vec::new())),
            Kind::Polygon => Geometry::Polygon(polygon(self.list(Self::ring)?)),
            _ if empty => Geometry::GeometryCollection(GeometryCollection(Vec::new())),
            Kind::Points => {
                let points = self.list(Self::point_of_several)?;
                Geometry::MultiPoint(MultiPoint(points.into_iter().flatten().collect()))
            }
            Kind::Lines => {
                let lines = self.list(|reader| match reader.empty_or_open()? {
                    true => Ok(LineString(Vec::new())),
                    false => reader.line(),
                })?;
                Geometry::MultiLineString(MultiLineString(lines))
            }
            Kind::Polygons => {
                let polygons = self.list(|reader| match reader.empty_or_open()? {
                    true => Ok(polygon(Vec::new())),
                    false => reader.list(Self::ring).map(polygon),
                })?;
                Geometry::MultiPolygon(MultiPolygon(polygons))
            }
            Kind::Collection if depth == DEEPEST => {
                return Err(self.wrong("collections within collections", "64 levels at most"));
            }
            Kind::Collection => {
                let parts = self.list(|reader| reader.geometry(depth + 1).map(|(part, _)| part))?;
                Geometry::GeometryCollection(GeometryCollection(parts))
            }
        };
        Ok((geometry, matches!(kind, Kind::Point)))
    }

    /// True behind EMPTY, false behind a parenthesis.
    fn empty_or_open(&mut self) -> Result<bool, String> {
        match self.next()? {
            Token::Empty => Ok(true),
            Token::Open => Ok(false),
            other => Err(self.unexpected(other, "EMPTY or '('")),
        }
    }

    /// What stands between a parenthesis that was read and the one that closes it.
    fn closed<T>(&mut self, one: impl Fn(&mut Self) -> Result<T, String>) -> Result<T, String> {
        let read = one(self)?;
        match self.next()? {
            Token::Close => Ok(read),
            other => Err(self.unexpected(other, "')'")),
        }
    }

    /// Several with commas between them, up to the parenthesis that closes them.
    fn list<T>(&mut self, one: impl Fn(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        let mut all = vec![one(self)?];
        loop {
            match self.next()? {
                Token::Comma => all.push(one(self)?),
                Token::Close => return Ok(all),
                other => return Err(self.unexpected(other, "',' or ')'")),
            }
        }
    }

    fn line(&mut self) -> Result<LineString, String> {
        let points = self.list(Self::point)?;
        match points.len() {
            1 => {
                let words = "non-empty linestring with only one point";
                Err(self.wrong(words, "minimum number of points is 2"))
            }
            _ => Ok(points.into()),
        }
    }

    fn ring(&mut self) -> Result<LineString, String> {
        match self.next()? {
            Token::Open => {}
            other => return Err(self.unexpected(other, "'('")),
        }
        let ring: LineString = self.list(Self::point)?.into();
        if ring.0.len() < 4 {
            let words = "polygon ring doesn't have enough points";
            return Err(self.wrong(words, "minimum number of points is 4"));
        }
        match ring.is_closed() {
            true => Ok(ring),
            false => {
                Err(self
                    .wrong("polygon ring not closed", "ensure first and last point are the same"))
            }
        }
    }

    /// `1 2`, `(1 2)` or EMPTY.
    fn point_of_several(&mut self) -> Result<Option<Point>, String> {
        let before = self.at;
        match self.next()? {
            Token::Empty => Ok(None),
            Token::Open => self.closed(Self::point).map(Some),
            _ => {
                self.at = before;
                self.point().map(Some)
            }
        }
    }

    /// The first two of the numbers of a point.
    fn point(&mut self) -> Result<Point, String> {
        let (mut numbers, mut count) = ([0.0; 2], 0);
        loop {
            let before = self.at;
            match self.next()? {
                Token::Number(number) => {
                    if let Some(place) = numbers.get_mut(count) {
                        *place = number;
                    }
                    count += 1;
                }
                other if count == 0 => return Err(self.unexpected(other, "NUM")),
                _ => {
                    self.at = before;
                    break;
                }
            }
        }
        match (count, self.numbers) {
            (1, _) => {
                Err(self.wrong("not enough coordinates", "each point needs at least 2 coords"))
            }
            (2..=4, Some(numbers)) if numbers != count => Err(self.wrong(
                &format!("mixed dimensionality, expecting {numbers} coords but got {count} coords"),
                "",
            )),
            (2..=4, _) => {
                self.numbers = Some(count);
                let [x, y] = numbers;
                Ok(Point(Coord { x, y }))
            }
            _ => Err(self.wrong("too many coordinates", "each point can have at most 4 coords")),
        }
    }

    fn next(&mut self) -> Result<Token, String> {
        self.skip(|byte| byte.is_ascii_whitespace());
        self.token = self.at;
        let Some(first) = self.peek() else { return Ok(Token::End) };
        let sign = match first {
            b'(' => Some(Token::Open),
            b')' => Some(Token::Close),
            b',' => Some(Token::Comma),
            _ => None,
        };
        if let Some(sign) = sign {
            self.at += 1;
            return Ok(sign);
        }
        match first {
            b'-' | b'.' | b'0'..=b'9' => self.number(),
            letter if letter.is_ascii_alphabetic() => self.keyword(),
            _ => Err(self.wrong("invalid character", "")),
        }
    }

    fn number(&mut self) -> Result<Token, String> {
        let digits = |byte: u8| byte.is_ascii_digit() || b"-.eE+".contains(&byte);
        let number = self.skip(digits).parse().ok().filter(|number: &f64| number.is_finite());
        number.map(Token::Number).ok_or_else(|| self.wrong("invalid number", ""))
    }

    fn keyword(&mut self) -> Result<Token, String> {
        let mut word = self.skip(|byte| byte.is_ascii_alphabetic()).to_ascii_uppercase();
        if word == "EMPTY" {
            return Ok(Token::Empty);
        }
        self.skip(|byte| byte.is_ascii_whitespace());
        for more in [b'Z', b'M'] {
            if self.peek().is_some_and(|byte| byte.eq_ignore_ascii_case(&more)) {
                self.at += 1;
                word.push(char::from(more));
            }
        }
        let flat = |numbers| move |word| (word, Some(numbers));
        let (kind, numbers) = (word.strip_suffix("ZM").map(flat(4)))
            .or_else(|| word.strip_suffix(['Z', 'M']).map(flat(3)))
            .unwrap_or((&word, None));
        let kind = match kind {
            "POINT" => Kind::Point,
            "LINESTRING" => Kind::Line,
            "POLYGON" => Kind::Polygon,
            "MULTIPOINT" => Kind::Points,
            "MULTILINESTRING" => Kind::Lines,
            "MULTIPOLYGON" => Kind::Polygons,
            "GEOMETRYCOLLECTION" => Kind::Collection,
            _ => return Err(self.wrong("invalid keyword", "")),
        };
        match (numbers, self.numbers) {
            (Some(of_kind), Some(there)) if of_kind != there => Err(self.wrong(
                &format!("mixed dimensionality, expecting {there} coords and not {of_kind}"),
                "",
            )),
            _ => {
                self.numbers = self.numbers.or(numbers);
                Ok(Token::Kind(kind))
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The bytes from here on that are so, all of them ASCII.
    fn skip(&mut self, so: impl Fn(u8) -> bool) -> &str {
        let from = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii() && so(byte)) {
            self.at += 1;
        }
        self.text.get(from..self.at).unwrap_or_default()
    }

    fn unexpected(&self, token: Token, expected: &str) -> String {
        let name = match token {
            Token::End => "$end",
            Token::Open => "'('",
            Token::Close => "')'",
            Token::Comma => "','",
            Token::Empty => "EMPTY",
            Token::Number(_) => "NUM",
            Token::Kind(_) => self.text.get(self.token..self.at).unwrap_or_default().trim(),
        };
        let name = name.to_ascii_uppercase().replace("$END", "$end");
        match expected {
            "" => self.wrong(&format!("unexpected {name}"), ""),
            expected => self.wrong(&format!("unexpected {name}, expecting {expected}"), ""),
        }
    }

    /// What is wrong at the last token: its line, the token marked, a hint.
    fn wrong(&self, problem: &str, hint: &str) -> String {
        let before = self.text.get(..self.token).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let (number, place) = (before.matches('\n').count() + 1, self.token - start);
        let line = self.text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
        let boundary = |near: usize| (0..=near).rev().find(|at| line.is_char_boundary(*at));
        let left = boundary(place.saturating_sub(SHOWN)).unwrap_or_default();
        let right = boundary((place + SHOWN).min(line.len())).unwrap_or_default();
        let head = format!("LINE {number}: {}", if left > 0 { "..." } else { "" });
        let tail = if right < line.len() { "..." } else { "" };
        let shown = line.get(left..right).unwrap_or_default().replace('\t', " ");
        let mark = " ".repeat(head.len() + place - left.min(place));
        let hint = if hint.is_empty() { String::new() } else { format!("\nHINT: {hint}") };
        format!(
            "syntax error: {problem} at line {number}, pos {place}\n\
             {head}{shown}{tail}\n{mark}^{hint}"
        )
    }
}

/// Of its outer ring and its holes.
fn polygon(rings: Vec<LineString>) -> Polygon {
    let mut rings = rings.into_iter();
    let outer = rings.next().unwrap_or_else(|| LineString(Vec::new()));
    Polygon::new(outer, rings.collect())
}
