//! Comparing costs: only in one currency, or with the rates of an `exchange` key.

use std::collections::{BTreeMap, BTreeSet};

use windtunnel_sim::outcome::Outcome;
use windtunnel_sim::scenario::Loaded;

/// What is said where costs cannot be compared.
pub(crate) const HINT: &str =
    "give a rate to compare costs, for example --set exchange.to=CNY --set exchange.USD=7.1 (1 USD = 7.1 CNY)";

/// Turns every currency of a comparison into one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exchange {
    /// The currency that costs are compared in.
    pub(crate) to: String,
    rates: BTreeMap<String, f64>,
}

impl Exchange {
    /// How the costs of these outcomes are compared; nothing when they cannot be.
    pub(crate) fn between(loaded: &[Loaded], outcomes: &[&Outcome]) -> Option<Exchange> {
        let currencies: BTreeSet<&str> = outcomes.iter().map(|outcome| outcome.currency.as_str()).collect();
        let mut rates = BTreeMap::new();
        let mut to = None;
        for document in loaded.iter().map(|loaded| &loaded.document) {
            to = to.or_else(|| document.get_str("exchange.to").map(str::to_string));
            for currency in document.keys("exchange") {
                if let Some(rate) = document.get_f64(&format!("exchange.{currency}")) {
                    rates.entry(currency.to_string()).or_insert(rate);
                }
            }
        }
        Exchange::of(&currencies, to, rates)
    }

    fn of(currencies: &BTreeSet<&str>, to: Option<String>, rates: BTreeMap<String, f64>) -> Option<Exchange> {
        let mut unrated = currencies.iter().filter(|currency| !rates.contains_key(**currency));
        let exchange = match (to, unrated.next(), unrated.next()) {
            (Some(to), ..) => Exchange { to, rates },
            // Without a target, the one currency that has no rate is it.
            (None, Some(only), None) => Exchange { to: (*only).to_string(), rates },
            _ => return None,
        };
        currencies.iter().all(|currency| exchange.rate(currency).is_some()).then_some(exchange)
    }

    /// What one unit of `currency` is worth.
    pub(crate) fn rate(&self, currency: &str) -> Option<f64> {
        if currency == self.to { Some(1.0) } else { self.rates.get(currency).copied().filter(|rate| *rate > 0.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(currencies: &[&str], to: Option<&str>, rates: &[(&str, f64)]) -> Option<Exchange> {
        let rates = rates.iter().map(|(currency, rate)| ((*currency).to_string(), *rate)).collect();
        Exchange::of(&currencies.iter().copied().collect(), to.map(str::to_string), rates)
    }

    #[test]
    fn one_currency_needs_no_rate_and_two_do() {
        assert_eq!(exchange(&["CNY"], None, &[]).and_then(|e| e.rate("CNY")), Some(1.0));
        assert_eq!(exchange(&["CNY", "USD"], None, &[]), None);
        assert_eq!(exchange(&["CNY", "USD"], Some("CNY"), &[]), None);
        let both = exchange(&["CNY", "USD"], Some("CNY"), &[("USD", 7.1)]).unwrap();
        assert_eq!((both.rate("USD"), both.rate("CNY"), both.rate("EUR")), (Some(7.1), Some(1.0), None));
        assert_eq!(exchange(&["CNY", "USD"], None, &[("USD", 7.1)]).map(|e| e.to), Some("CNY".to_string()));
        assert_eq!(exchange(&["CNY", "USD"], None, &[("USD", 0.0)]), None, "a rate of zero is none");
    }
}
