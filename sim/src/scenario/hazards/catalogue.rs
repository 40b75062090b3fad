//! Every hazard with its code: what it is called, why it hurts, what to do, who says so. `docs/hazards.md` is made of it.

use super::Severity;
use super::proof;

/// What a hazard is looked for in.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Scenarios, and artifacts once they are imported.
    Scenario,
    /// Command lines and artifacts as they are written.
    Artifact,
}

/// A hazard.
#[derive(Copy, Clone, Debug)]
pub struct Hazard {
    /// The code: S for Alibaba and Tencent, A for AWS, H for the HPA, G for any policy.
    pub code: &'static str,
    /// How bad it usually is.
    pub severity: Severity,
    /// What it is called.
    pub title: &'static str,
    /// Why it hurts.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// Where it is looked for.
    pub scope: Scope,
    /// True when it says what the scenario's own checks say, but better.
    pub covers_checks: bool,
}

/// The code of what the scenario's own checks find.
pub const CHECK: &str = "C00";

const E: Severity = Severity::Error;
const W: Severity = Severity::Warning;
const N: Severity = Severity::Note;

const fn hazard(
    code: &'static str,
    severity: Severity,
    title: &'static str,
    why: &'static str,
    fix: &'static str,
) -> Hazard {
    Hazard { code, severity, title, why, fix, scope: Scope::Scenario, covers_checks: false }
}

const fn covering(hazard: Hazard) -> Hazard {
    Hazard { covers_checks: true, ..hazard }
}

const fn written(hazard: Hazard) -> Hazard {
    Hazard { scope: Scope::Artifact, ..hazard }
}

/// All hazards, by code.
pub const HAZARDS: &[Hazard] = &[
    hazard(
        CHECK,
        E,
        "the scenario's own rules",
        "It cannot be run, or the real API would refuse it.",
        "As the message says.",
    ),
    // ---- any policy
    hazard(
        "G01",
        W,
        "alarm later than the error budget",
        "Periods × times and the delay of evaluation pass before anything happens; the objective allows less.",
        "Shorter or fewer periods, or headroom for the time before the alarm.",
    ),
    hazard(
        "G02",
        W,
        "flapping",
        "From n to n' instances a metric per instance changes by n/n'; when that crosses the other threshold, the activity is undone.",
        "Thresholds further apart, or smaller steps.",
    ),
    hazard(
        "G03",
        W,
        "the maximum is below the peak",
        "All instances together cannot hold the objective at the trace's busiest minute.",
        "A higher maximum.",
    ),
    hazard(
        "G04",
        W,
        "scale-in faster than requests finish",
        "An instance that leaves is stopped after its drain (or grace) with requests inside.",
        "A drain as long as the slowest request.",
    ),
    hazard(
        "G05",
        W,
        "checks give up before the boot ends",
        "A health check whose patience (or grace) is shorter than the boot kills instances that are only slow.",
        "More attempts, a longer grace, a quicker boot.",
    ),
    hazard(
        "G06",
        W,
        "one zone is more than the headroom",
        "When a zone fails at the peak, the instances that remain cannot serve it, and new ones take their boot time.",
        "More headroom, or more zones.",
    ),
    hazard(
        "G07",
        W,
        "timeouts and retries keep an overload up",
        "Attempts multiply the load when requests time out; above 1/attempts utilization the overload outlasts its cause.",
        "A retry budget, fewer attempts, servers that stop when the client has gone.",
    ),
    hazard("G08", W, "minimum equals maximum", "Nothing can scale.", "Different bounds, or a fixed number."),
    hazard(
        "G09",
        W,
        "target below idle utilization",
        "What an idle unit uses is above the target: the policy adds until the maximum and never removes.",
        "A higher target or request, or another metric.",
    ),
    covering(hazard(
        "G10",
        W,
        "alarm without effect",
        "It has no action that can be resolved, or is disabled.",
        "Name the rule it invokes.",
    )),
    covering(hazard("G11", N, "rule without cause", "No alarm and no schedule invokes it.", "Give it an alarm.")),
    hazard("G12", W, "only one direction", "The group ends at a bound and stays there.", "A rule for the way back."),
    hazard(
        "G13",
        W,
        "wrong way round",
        "High load removes instances, or low load adds them.",
        "Turn the comparison or the adjustment round.",
    ),
    hazard(
        "G14",
        W,
        "threshold out of reach",
        "Utilization lies between 0 and 100 percent.",
        "A threshold in percent.",
    ),
    hazard(
        "G15",
        W,
        "objective below the service time",
        "A request alone takes longer than the objective.",
        "Another objective.",
    ),
    // ---- Alibaba Cloud and Tencent Cloud
    covering(hazard(
        "S01",
        E,
        "ESS: period that the API refuses",
        "CreateAlarm takes 15, 60, 120, 300 and 900 s (600 is CloudMonitor's).",
        "The same window with an allowed period: 300 s × 6 for 600 s × 3.",
    )),
    covering(hazard(
        "S02",
        E,
        "ESS: metric by another service's name",
        "ESS's metric is CpuUtilization; CPUUtilization is CloudMonitor's and AWS's.",
        "CpuUtilization or CpuUtilizationAgent.",
    )),
    covering(hazard(
        "S03",
        E,
        "ESS: custom metric without what it needs",
        "MetricType=custom and a GroupId are needed, and a name of letters, digits and _.",
        "Give the group, or use an ALB's metric per server.",
    )),
    covering(hazard(
        "S04",
        W,
        "total of the fleet",
        "More instances do not lower it: the alarm stays and the group runs to its maximum.",
        "A metric per instance.",
    )),
    written(hazard(
        "S05",
        E,
        "CloudMonitor: parameters that PutResourceMetricRule has not",
        "The command line tool refuses them before anything is sent.",
        "Escalations.Critical.{Statistics,ComparisonOperator,Threshold,Times} and Resources.",
    )),
    written(hazard(
        "S06",
        E,
        "CloudMonitor: required parameters missing",
        "RuleId and ContactGroups are required.",
        "Add them.",
    )),
    written(hazard(
        "S07",
        E,
        "action that names nothing",
        "It is neither ESS's ARI (ari:acs:ess:…:scalingrule/asr-…) nor CloudMonitor's target ARN.",
        "ess CreateAlarm with --AlarmAction.1 and the rule's ARI.",
    )),
    hazard(
        "S08",
        W,
        "CloudMonitor: every ECS instance by itself",
        "The rule watches every instance of the account one by one, not the mean of the group.",
        "ess CreateAlarm, which aggregates over the group.",
    ),
    hazard(
        "S09",
        W,
        "CloudMonitor: silence of a day",
        "SilenceTime defaults to 86400 s: one notification, and so one activity, per day.",
        "SilenceTime of 300 s or more, or ess CreateAlarm.",
    ),
    written(hazard(
        "S10",
        N,
        "CloudMonitor: period",
        "Unlike ESS, CloudMonitor takes any multiple of 60 s.",
        "Nothing.",
    )),
    hazard(
        "S11",
        N,
        "CloudMonitor: CPUUtilization",
        "The vendor marks it as not recommended.",
        "cpu_total, from the agent each 15 s.",
    ),
    written(hazard(
        "S12",
        E,
        "ESS: a list given as JSON",
        "The 2014 API has VSwitchIds.1, .2, …; a JSON text is sent as one key that it does not know.",
        "--VSwitchIds.1 … --VSwitchIds.2 …",
    )),
    written(hazard(
        "S13",
        N,
        "ESS: LoadBalancerIds",
        "This one is a text that holds a JSON array: it is right as it is.",
        "Nothing.",
    )),
    hazard(
        "S14",
        W,
        "ESS: default removal policy",
        "OldestScalingConfiguration comes before OldestInstance.",
        "--RemovalPolicy.1 OldestInstance.",
    ),
    covering(hazard(
        "S15",
        W,
        "ESS: expected number of instances turned on",
        "Alarm activities then exclude every other.",
        "Leave DesiredCapacity out unless it is meant.",
    )),
    hazard("S16", W, "ESS: default cooldown", "300 s hold wherever a simple rule says nothing.", "Write it."),
    written(hazard(
        "S17",
        W,
        "ESS: group is not enabled",
        "A new group is Inactive until EnableScalingGroup.",
        "Add the call.",
    )),
    written(hazard(
        "S18",
        E,
        "negative value as a word of its own",
        "The tool takes -1 for a flag: the value stays empty and the call is refused.",
        "--AdjustmentValue=-1.",
    )),
    written(hazard(
        "S19",
        W,
        "named but not created",
        "A rule or alarm is described, or invoked, and no command creates it.",
        "Add the command.",
    )),
    hazard(
        "S20",
        N,
        "one cooldown locks both directions",
        "On Alibaba and Tencent a cooldown after scale-in refuses scale-out alarms too.",
        "A short cooldown, or target tracking.",
    ),
    written(hazard(
        "S21",
        E,
        "instance type with other numbers",
        "c6.2xlarge has 16 GiB; 32 GiB is g6.2xlarge. The price differs.",
        "Say which is meant.",
    )),
    written(hazard(
        "S22",
        E,
        "SDK methods that do not exist",
        "PutCustomMetricRequest has set_MetricLists only.",
        "set_MetricLists with GroupId, Dimensions, Type, Values.",
    )),
    written(hazard(
        "S23",
        N,
        "packages without the tool",
        "The Python SDKs do not install the aliyun tool, and CloudMonitor's SDK is missing.",
        "Install the aliyun CLI.",
    )),
    hazard(
        "S24",
        W,
        "traffic before the application is up",
        "ESS attaches an instance when it runs, not when it answers.",
        "A lifecycle hook as long as the boot, or a health check of the balancer.",
    ),
    written(hazard(
        "S25",
        W,
        "health means running",
        "Health check type ECS sees only whether the machine runs; a failed start script stays in service.",
        "ALB with LOAD_BALANCER health checks.",
    )),
    hazard(
        "S26",
        W,
        "cooldown shorter than boot",
        "The alarm goes on until the new instances serve; each end of the cooldown adds again.",
        "A cooldown of at least the boot.",
    ),
    hazard(
        "S27",
        W,
        "alarms that are not coordinated",
        "Both conditions can hold at once, and then add and remove in turn. With one metric the bound is analytic and is printed.",
        "Scale in on the metric that scales out.",
    ),
    covering(hazard(
        "S28",
        E,
        "Tencent: what AS has not",
        "Periods are 60 or 300 s, times at most 10, thresholds whole numbers; there are no custom metrics.",
        "300 s × 6; no alarm on QPS.",
    )),
    written(hazard(
        "S29",
        E,
        "Tencent: argument that tccli has not",
        "DescribeAutoScalingActivities takes Filters or ActivityIds.",
        "--Filters '[{\"Name\":\"auto-scaling-group-id\",…}]'.",
    )),
    written(hazard(
        "S30",
        N,
        "Tencent: names of another cloud",
        "Object storage is COS there.",
        "COS, and ForwardLoadBalancers with weights.",
    )),
    written(hazard(
        "S31",
        N,
        "AWS: alarm without dimensions",
        "Without AutoScalingGroupName the alarm does not watch the group; a policy's ARN has more parts.",
        "--dimensions Name=AutoScalingGroupName,Value=…",
    )),
    // ---- AWS
    covering(hazard(
        "A01",
        W,
        "steps that match nothing",
        "Bounds are offsets from the threshold; on the wrong side of it AWS finds no step and does nothing.",
        "lower = 0 for an alarm above, upper = 0 for one below.",
    )),
    hazard(
        "A02",
        W,
        "periods shorter than the monitoring",
        "A 60 s alarm on 5-minute monitoring has no data in four of five periods.",
        "Detailed monitoring, or 300 s.",
    ),
    hazard("A03", W, "a gap counts as breaching", "An outage of the metric then scales.", "missing or not-breaching."),
    hazard(
        "A04",
        N,
        "no instance warm-up",
        "The default cooldown stands in, and holds back scale-in.",
        "DefaultInstanceWarmup.",
    ),
    hazard(
        "A05",
        W,
        "several target tracking policies",
        "They scale out when one wants it, and in only when all want it.",
        "disable_scale_in on all but one.",
    ),
    // ---- HPA
    covering(hazard(
        "H01",
        W,
        "missing requests",
        "A utilization is a share of the request: the HPA refuses to act.",
        "Requests for every container.",
    )),
    hazard(
        "H03",
        W,
        "dead band",
        "Within the tolerance nothing happens; its upper edge may lie beyond what a pod can use.",
        "A lower target, a smaller tolerance.",
    ),
    hazard(
        "H05",
        W,
        "never at the maximum in time",
        "The rate limits of scaleUp need longer than the objective allows.",
        "Larger steps, shorter periods.",
    ),
    hazard(
        "H06",
        W,
        "no stabilization on the way down",
        "Every dip of one sync removes pods.",
        "stabilizationWindowSeconds.",
    ),
    hazard(
        "H08",
        W,
        "pods without room",
        "The nodes cannot take maxReplicas pods by their requests.",
        "More nodes or smaller requests.",
    ),
    written(hazard(
        "H09",
        N,
        "replicas beside an HPA",
        "Applying the Deployment again sets the number back.",
        "Leave spec.replicas out.",
    )),
    // ---- imports
    written(hazard("I01", N, "left aside", "It is no policy: activities, measurements, an empty list.", "Nothing.")),
    written(hazard(
        "I02",
        W,
        "not taken over",
        "The simulation has no such metric, statistic or kind of rule.",
        "Write it in other terms, or do without.",
    )),
    written(hazard(
        "I03",
        W,
        "action that is none of the rules",
        "The alarm is kept, disabled.",
        "Import the rules beside it.",
    )),
    written(hazard(
        "I04",
        W,
        "value that none of the files has",
        "A parameter without a default, a variable of a script, or an attribute known after apply stands where a number belongs.",
        "--parameter NAME=VALUE, or the number in the scenario.",
    )),
];

/// A hazard by its code.
pub fn find(code: &str) -> Option<&'static Hazard> {
    HAZARDS.iter().find(|hazard| hazard.code == code)
}

/// The catalogue as a page.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Hazards\n\nWhat `windtunnel check` looks for. This page is generated: `windtunnel check --codes`.\n\n\
         Codes: S for Alibaba and Tencent Cloud, A for AWS, H for the HPA, G for any policy. *Looked for in* says whether a \
         scenario (or an artifact, once imported) is enough, or command lines and artifacts are needed as they are written. \
         `--prove` runs a short simulation with the hazard and with its cure, where *proof* says yes, and shows it when the cure \
         takes away more than a twentieth of the figure; elsewhere it says why there is nothing to simulate.\n\n\
         | code | severity | hazard | why it hurts | what to do | looked for in | proof |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for hazard in HAZARDS {
        let scope = match hazard.scope {
            Scope::Scenario => "scenario",
            Scope::Artifact => "artifact",
        };
        let proof = if proof::exists(hazard.code) { "yes" } else { proof::why_not(hazard.code) };
        page.push_str(&format!(
            "| {} | {} | {} | {} | {} | {scope} | {proof} |\n",
            hazard.code,
            hazard.severity.as_str(),
            hazard.title,
            hazard.why,
            hazard.fix
        ));
    }
    page
}
