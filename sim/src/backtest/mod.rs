//! Open loop: recorded observations through a policy. What would it have decided, and why?

pub mod open_loop;
