//! The answers that assumption keys take: one enumeration for each question that no document answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Enumerations that are written in kebab-case.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? })+) => {
        $(
            $(#[$doc])*
            #[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
            #[serde(rename_all = "kebab-case")]
            pub enum $name { $($(#[$variant_doc])* $variant),+ }
        )+
    };
}

choices! {
    /// Which of several values stands for them.
    TrackedValue {
        /// The newest datapoint.
        Latest,
        /// The mean of the evaluated datapoints.
        Average,
    }

    /// Which datapoints a step policy condenses.
    AggregationPoints {
        /// Those that the alarm evaluated.
        Evaluated,
        /// The newest alone.
        Latest,
    }

    /// Which datapoints with too few samples keep an alarm's state.
    LowSampleDatapoints {
        /// Any that is evaluated.
        Any,
        /// The newest.
        Newest,
    }

    /// Where a premature breach has to have lain unanswered.
    PrematureWithin {
        /// In the evaluation range.
        Range,
        /// In the evaluation periods, the newest part of that range.
        Periods,
    }

    /// The state while all there is breaches, and it is too early for ALARM.
    PrematureState {
        /// The one before.
        Keep,
        /// INSUFFICIENT_DATA.
        InsufficientData,
        /// OK.
        Ok,
    }

    /// The state of an alarm that ignores missing data, once a premature breach has lain unanswered for long enough.
    PrematureIgnored {
        /// The one before.
        Keep,
        /// ALARM.
        Alarm,
    }

    /// Whether a value that equals the threshold breaches.
    AtThreshold {
        /// It does not: `>` and `<`.
        Holds,
        /// It does: `>=` and `<=`.
        Breaches,
    }

    /// Into which steps a value falls that equals the threshold.
    StepAtThreshold {
        /// Into those of the side that the alarm's operator looks at.
        Operator,
        /// Into those above.
        Above,
        /// Into those below.
        Below,
    }

    /// The capacity that a simple policy starts from.
    SimpleBase {
        /// Instances in service.
        Current,
        /// The desired capacity.
        Desired,
    }

    /// What a scale-in by step or target tracking waits for.
    ScaleInWaits {
        /// Until no instance of the group launches or warms up.
        Warming,
        /// Until none launches.
        Launching,
    }

    /// The warm-up where neither policy nor group sets one.
    DefaultWarmup {
        /// The default cooldown.
        DefaultCooldown,
        /// None.
        None,
    }

    /// How often an invocation that does nothing is written down.
    IdleLog {
        /// Once for each reason while the alarm stays in its state.
        Once,
        /// Each time.
        Each,
        /// Never.
        Never,
    }

    /// What a period without data does to a count of breaches.
    Gap {
        /// It begins anew.
        BreaksStreak,
        /// Nothing: the count stands still.
        Skipped,
    }

    /// What a percentage is of.
    CapacityBase {
        /// Everything in the group and on its way in.
        Total,
        /// Instances in service.
        InService,
    }

    /// When a CloudMonitor rule that stays in ALARM executes its scaling rule again.
    CmsRepeat {
        /// With each notification, that is after the silence time.
        Silence,
        /// At each period.
        Period,
    }

    /// Which of several that are due at once comes first.
    Precedence {
        /// The one that was created first.
        FirstCreated,
        /// The one that was created last.
        LastCreated,
    }

    /// From when on an instance warms up.
    WarmupStart {
        /// From its coming into service.
        InService,
        /// From the start of the activity that launched it.
        ActivityStart,
    }

    /// Until when an instance that is removed is paid for.
    BilledUntil {
        /// Until it is released.
        Release,
        /// Until its removal was decided.
        Decision,
    }

    /// When a cooldown begins.
    CooldownStart {
        /// With the end of the activity.
        ActivityEnd,
        /// With its start.
        ActivityStart,
    }

    /// What becomes of a policy that asks for more than the maximum or less than the minimum.
    BeyondBounds {
        /// The part that fits is done.
        Clamp,
        /// Nothing is done.
        Refuse,
    }
}
