//! ESS, AWS and Tencent, rule by rule. Each test names the document it holds the code against.

mod alarm_actions;
mod alarm_states;
mod assumptions;
mod aws_policies;
mod backtest;
mod by_hand;
mod configuration;
mod constraints;
mod constraints_file;
mod documents;
mod ess_rules;
mod golden_timelines;
mod lifecycle;
mod properties;
mod records;
mod support;
mod tencent_rules;
