//! Entity tags (RFC 9110, 8.8.3) that begin with a version: `"3"`, or `"3-ID"` where the id of what has it is part of it.

use http::{HeaderMap, HeaderName};

/// Why a header holds no entity tags.
pub const NO_TAGS: &str =
    "must be * or a list of entity tags, each in double quotes, as an ETag header gives it";

/// What a header with entity tags says.
#[derive(Debug, PartialEq, Eq)]
pub enum Tags {
    /// `*`.
    Any,
    /// A list.
    List(Vec<Tag>),
}

/// One entity tag.
#[derive(Debug, PartialEq, Eq)]
pub struct Tag {
    weak: bool,
    text: String,
}

impl Tags {
    /// Reads a header, if it was sent.
    pub fn read(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Self>, &'static str> {
        let mut lines = Vec::new();
        for value in headers.get_all(name) {
            lines.push(value.to_str().map_err(|_| NO_TAGS)?);
        }
        match lines.join(",").trim() {
            "" if lines.is_empty() => Ok(None),
            "*" => Ok(Some(Self::Any)),
            list => list_of_tags(list).map(Self::List).map(Some).ok_or(NO_TAGS),
        }
    }

    /// Whether one of them is the tag `etag`, whichever of them is weak: what `If-None-Match` asks.
    pub fn holds(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::List(tags) => {
                tags.iter().any(|tag| etag.trim_start_matches("W/").trim_matches('"') == tag.text)
            }
        }
    }

    /// The versions that they name, alone or with a hash behind them; `None` for any. Weak tags are as good: SCIM's are weak,
    /// and name a version all the same (RFC 7644, 3.14).
    pub fn versions(&self) -> Option<Vec<u64>> {
        match self {
            Self::Any => None,
            Self::List(tags) => Some(tags.iter().filter_map(Tag::version).collect()),
        }
    }

    /// The versions of what has the id `id` that they name; `None` for any. Weak ones name none. A tag may be a version alone.
    pub fn versions_of(&self, id: &str) -> Option<Vec<u64>> {
        match self {
            Self::Any => None,
            Self::List(tags) => Some(tags.iter().filter_map(|tag| tag.version_of(id)).collect()),
        }
    }
}

impl Tag {
    /// `3`, or `3-0123456789abcdef`: the version, and a hash of what was shown beside it.
    fn version(&self) -> Option<u64> {
        let is_hash = |hash: &str| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        match self.text.split_once('-') {
            None => self.text.parse().ok(),
            Some((version, hash)) => version.parse().ok().filter(|_| is_hash(hash)),
        }
    }

    fn version_of(&self, id: &str) -> Option<u64> {
        let (version, of) = self.text.split_once('-').map_or((&*self.text, None), |(v, id)| (v, Some(id)));
        let is_this = !self.weak && of.is_none_or(|of| of == id);
        version.parse().ok().filter(|_| is_this)
    }
}

fn list_of_tags(list: &str) -> Option<Vec<Tag>> {
    let mut tags = Vec::new();
    let mut rest = list;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return (!tags.is_empty()).then_some(tags);
        }
        let (weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |quoted| (true, quoted));
        let (text, after) = quoted.strip_prefix('"')?.split_once('"')?;
        tags.push(Tag { weak, text: text.to_owned() });
        rest = after.trim_start_matches([' ', '\t']);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, header};

    use super::*;

    const ID: &str = "00000000-0000-0000-0000-000000000007";

    fn read(lines: &[&'static str]) -> Result<Option<Tags>, &'static str> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::IF_MATCH, HeaderValue::from_static(line));
        }
        Tags::read(&headers, &header::IF_MATCH)
    }

    #[test]
    fn the_versions_of_any_tags_are_what_they_begin_with() {
        for (lines, versions) in [
            (&["W/\"3\""] as &[_], Some(vec![3])),
            (&["\"3\", W/\"4-0123456789abcdef\", \"x-5\""], Some(vec![3, 4])),
            (&["*"], None),
        ] {
            assert_eq!(read(lines).unwrap().unwrap().versions(), versions, "{lines:?}");
        }
    }

    #[test]
    fn versions_are_those_of_this_user_in_strong_tags() {
        for (lines, versions) in [
            (&["\"3\""] as &[_], Some(vec![3])),
            (&["\"3-00000000-0000-0000-0000-000000000007\""], Some(vec![3])),
            (&["\"3-00000000-0000-0000-0000-000000000008\""], Some(vec![])),
            (&["W/\"3\""], Some(vec![])),
            (&["\"3\", W/\"4\",\"5\""], Some(vec![3, 5])),
            (&["\"3\"", "\"4\""], Some(vec![3, 4])),
            (&[" , \"3\" ,, "], Some(vec![3])),
            (&["\"x, y\", \"3\""], Some(vec![3])),
            (&["\"\""], Some(vec![])),
            (&["\"-3\""], Some(vec![])),
            (&["*"], None),
        ] {
            assert_eq!(read(lines).unwrap().unwrap().versions_of(ID), versions, "{lines:?}");
        }
        assert_eq!(read(&[]), Ok(None));
    }

    #[test]
    fn a_weak_tag_may_name_a_version() {
        for (line, versions) in [("W/\"3\", \"4\"", Some(vec![3, 4])), ("\"3-7\"", Some(vec![])), ("*", None)]
        {
            assert_eq!(read(&[line]).unwrap().unwrap().versions(), versions, "{line}");
        }
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for line in ["", ",", "3", "\"3", "\"3\" \"4\"", "w/\"3\"", "\"3\", *", "W/3"] {
            assert_eq!(read(&[line]), Err(NO_TAGS), "{line}");
        }
    }

    #[test]
    fn a_weak_tag_is_good_enough_for_a_reader() {
        let etag = "\"3-00000000-0000-0000-0000-000000000007\"";
        for line in [
            "*",
            "\"3-00000000-0000-0000-0000-000000000007\"",
            "\"a\", W/\"3-00000000-0000-0000-0000-000000000007\"",
        ] {
            assert!(read(&[line]).unwrap().unwrap().holds(etag), "{line}");
        }
        for line in ["\"3\"", "\"4-00000000-0000-0000-0000-000000000007\""] {
            assert!(!read(&[line]).unwrap().unwrap().holds(etag), "{line}");
        }
    }
}
