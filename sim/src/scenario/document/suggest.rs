//! "Did you mean ...?"

/// The candidate that `word` was probably meant to be, when one is near enough.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let wanted = plain(word);
    let allowed = (wanted.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &plain(candidate)), candidate))
        .filter(|(distance, candidate)| {
            let short = plain(candidate);
            *distance <= allowed
                || (wanted.len().min(short.len()) >= 3 && (short.starts_with(&wanted) || wanted.starts_with(&short)))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Names in backticks, separated by commas.
pub(super) fn listed<'c>(names: impl IntoIterator<Item = &'c str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A help that suggests the nearest name and lists all of them.
pub(super) fn did_you_mean<'c>(word: &str, what: &str, names: impl Iterator<Item = &'c str> + Clone) -> String {
    match (nearest(word, names.clone()), names.clone().next()) {
        (_, None) => format!("there are no {what} here"),
        (Some(name), _) => format!("did you mean `{name}`? {what} here: {}", listed(names)),
        (None, _) => format!("{what} here: {}", listed(names)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_not() {
        let keys = ["cooldown", "name", "adjust"];
        assert_eq!(nearest("cooldwon", keys), Some("cooldown"));
        assert_eq!(nearest("Cool-Down", keys), Some("cooldown"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("cool", keys), Some("cooldown"), "a beginning is enough");
    }
}
