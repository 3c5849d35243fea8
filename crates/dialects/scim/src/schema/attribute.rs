//! An attribute, and how one is written in the table.

/// The most elements of one attribute, where the table says nothing else.
pub(crate) const MOST_ELEMENTS: usize = 100;

/// What an attribute's values are (RFC 7643, 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A whole number of 64 bits.
    Integer,
    /// A date-time as RFC 3339 has it.
    DateTime,
    /// Bytes, as base64 text.
    Binary,
    /// A URI of one of these kinds.
    Reference(&'static [&'static str]),
    /// Sub-attributes.
    Complex(&'static [Attribute]),
}

/// Who may write an attribute, and how (RFC 7643, 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutability {
    /// Roster alone.
    ReadOnly,
    /// Callers.
    ReadWrite,
    /// Callers, once: an element's own value, which is replaced with its element.
    Immutable,
    /// Callers, and nobody reads it.
    WriteOnly,
}

/// When an attribute is answered (RFC 7643, 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Returned {
    /// Always, whatever was asked for.
    Always,
    /// Never.
    Never,
    /// Unless it was excluded, or others were asked for.
    Default,
    /// Where it is asked for by its name.
    Request,
}

/// Among what an attribute's value is unique (RFC 7643, 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Uniqueness {
    /// Nothing.
    None,
    /// The resources of its type.
    Server,
}

/// An attribute, or a sub-attribute, as RFC 7643, 7 describes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// Its name, in the canonical spelling.
    pub(crate) name: &'static str,
    /// Another name that clients call it by.
    pub(crate) alias: Option<&'static str>,
    /// What its values are.
    pub(crate) kind: Kind,
    /// Whether it is a list.
    pub(crate) multi_valued: bool,
    /// Whether it must have a value.
    pub(crate) required: bool,
    /// Whether it has one where the request gives it none.
    pub(crate) has_default: bool,
    /// Whether values that differ in case alone differ.
    pub(crate) case_exact: bool,
    /// Who may write it.
    pub(crate) mutability: Mutability,
    /// When it is answered.
    pub(crate) returned: Returned,
    /// Among what it is unique.
    pub(crate) uniqueness: Uniqueness,
    /// The values that it usually has.
    pub(crate) canonical_values: &'static [&'static str],
    /// Whether it can't have others than those.
    pub(crate) restricted: bool,
    /// The most elements that a request may give it, if it is a list.
    pub(crate) most_elements: usize,
    /// What it is, for people.
    pub(crate) description: &'static str,
}

impl Attribute {
    const fn new(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self {
            name,
            alias: None,
            kind,
            multi_valued: false,
            required: false,
            has_default: false,
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            canonical_values: &[],
            restricted: false,
            most_elements: MOST_ELEMENTS,
            description,
        }
    }

    pub(super) const fn string(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::String, description)
    }

    pub(super) const fn boolean(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::Boolean, description)
    }

    pub(super) const fn integer(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::Integer, description)
    }

    pub(super) const fn date_time(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::DateTime, description)
    }

    /// Bytes are bytes: base64 text is compared exactly (RFC 7643, 2.3.6).
    pub(super) const fn binary(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::Binary, description).case_exact()
    }

    /// References are compared exactly (RFC 7643, 2.3.7).
    pub(super) const fn reference(
        name: &'static str,
        to: &'static [&'static str],
        description: &'static str,
    ) -> Self {
        Self::new(name, Kind::Reference(to), description).case_exact()
    }

    pub(super) const fn complex(name: &'static str, of: &'static [Self], description: &'static str) -> Self {
        Self::new(name, Kind::Complex(of), description)
    }

    pub(super) const fn also(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }

    pub(super) const fn list(mut self) -> Self {
        self.multi_valued = true;
        self
    }

    pub(super) const fn at_most(mut self, elements: usize) -> Self {
        self.most_elements = elements;
        self
    }

    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// It always has a value: where a new resource is given none, one that is usual.
    pub(super) const fn defaulted(mut self) -> Self {
        self.required = true;
        self.has_default = true;
        self
    }

    pub(super) const fn on_request(mut self) -> Self {
        self.returned = Returned::Request;
        self
    }

    pub(super) const fn case_exact(mut self) -> Self {
        self.case_exact = true;
        self
    }

    pub(super) const fn read_only(mut self) -> Self {
        self.mutability = Mutability::ReadOnly;
        self
    }

    pub(super) const fn immutable(mut self) -> Self {
        self.mutability = Mutability::Immutable;
        self
    }

    pub(super) const fn write_only(mut self) -> Self {
        self.mutability = Mutability::WriteOnly;
        self.returned = Returned::Never;
        self
    }

    pub(super) const fn always(mut self) -> Self {
        self.returned = Returned::Always;
        self
    }

    pub(super) const fn unique(mut self) -> Self {
        self.uniqueness = Uniqueness::Server;
        self
    }

    pub(super) const fn usually(mut self, values: &'static [&'static str]) -> Self {
        self.canonical_values = values;
        self
    }

    pub(super) const fn one_of(mut self, values: &'static [&'static str]) -> Self {
        self.restricted = true;
        self.usually(values)
    }

    /// The sub-attributes; none of an attribute that is not complex.
    pub(crate) fn sub_attributes(&self) -> &'static [Self] {
        match self.kind {
            Kind::Complex(of) => of,
            Kind::String
            | Kind::Boolean
            | Kind::Integer
            | Kind::DateTime
            | Kind::Binary
            | Kind::Reference(_) => &[],
        }
    }

    /// The sub-attribute of that name, in any case.
    pub(crate) fn sub_attribute(&self, name: &str) -> Option<&'static Self> {
        let is_it = |known: &str| known.eq_ignore_ascii_case(name);
        self.sub_attributes().iter().find(|sub| is_it(sub.name) || sub.alias.is_some_and(is_it))
    }

    /// The sub-attribute that a complex value is about (RFC 7643, 2.4): without it the others say nothing.
    pub(crate) fn significant(&self) -> Option<&'static Self> {
        self.sub_attribute("value")
    }

    /// Whether callers can't write it.
    pub(crate) fn is_read_only(&self) -> bool {
        self.mutability == Mutability::ReadOnly
    }
}
