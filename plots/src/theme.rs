//! The one place for colours and sizes of type.
//!
//! Hues are Okabe and Ito's, which stay apart for colour-blind readers; fills that touch differ in lightness too, so that
//! they stay apart in greyscale.

/// A colour: red, green, blue.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

impl Color {
    /// From `0xRRGGBB`.
    pub const fn hex(rgb: u32) -> Color {
        Color((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
    }

    /// The colour that lies at `share` of the way to `other`.
    pub fn toward(self, other: Color, share: f64) -> Color {
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
        Color(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }
}

/// The colours of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Behind everything.
    pub background: Color,
    /// Behind the data.
    pub panel: Color,
    /// Text and the lines that matter most.
    pub ink: Color,
    /// Text that explains.
    pub muted: Color,
    /// Grid lines.
    pub grid: Color,
    /// The edge of a panel.
    pub frame: Color,
    /// Requests served.
    pub served: Color,
    /// Requests whose client gave up.
    pub timed_out: Color,
    /// Requests refused by a full backlog.
    pub rejected: Color,
    /// Requests that found no instance, or whose instance died.
    pub failed: Color,
    /// Instances in service.
    pub in_service: Color,
    /// The edge of the area in service.
    pub in_service_edge: Color,
    /// Instances that boot.
    pub booting: Color,
    /// Instances that drain.
    pub draining: Color,
    /// Instances that are paid for.
    pub billed: Color,
    /// The least capacity that holds the objective.
    pub demand: Color,
    /// Mean CPU utilization.
    pub utilization: Color,
    /// CPU utilization of the busiest instance.
    pub utilization_max: Color,
    /// Thresholds of alarms.
    pub threshold: Color,
    /// Latency quantiles: p50, p95, p99.
    pub quantiles: [Color; 3],
    /// The objective, and what violates it.
    pub violation: Color,
    /// An alarm in its OK state.
    pub alarm_ok: Color,
    /// An alarm without enough data.
    pub alarm_unknown: Color,
    /// A scale-out.
    pub scale_out: Color,
    /// A scale-in.
    pub scale_in: Color,
    /// Colours for several things of one kind.
    pub categories: [Color; 8],
}

impl Theme {
    /// Dark on white, for paper and most slides.
    pub fn light() -> Theme {
        Theme {
            background: Color::hex(0xFF_FFFF),
            panel: Color::hex(0xFA_FBFC),
            ink: Color::hex(0x1B_232C),
            muted: Color::hex(0x5A_6672),
            grid: Color::hex(0xE1_E6EA),
            frame: Color::hex(0xC3_CBD2),
            served: Color::hex(0x9C_CBEA),
            timed_out: Color::hex(0xE6_9F00),
            rejected: Color::hex(0xD5_5E00),
            failed: Color::hex(0x5C_1A1A),
            in_service: Color::hex(0x9C_CBEA),
            in_service_edge: Color::hex(0x00_72B2),
            booting: Color::hex(0xFF_E0A0),
            draining: Color::hex(0xC9_8FB8),
            billed: Color::hex(0xF0_C23C),
            demand: Color::hex(0xC4_4E00),
            utilization: Color::hex(0x00_7A59),
            utilization_max: Color::hex(0x8C_D0B9),
            threshold: Color::hex(0x5A_6672),
            quantiles: [Color::hex(0x8F_BFE6), Color::hex(0x2F_86C5), Color::hex(0x0A_3D66)],
            violation: Color::hex(0xC8_3200),
            alarm_ok: Color::hex(0xDC_E5E1),
            alarm_unknown: Color::hex(0xB4_BAC0),
            scale_out: Color::hex(0x00_5A8C),
            scale_in: Color::hex(0x9A_4A86),
            categories: [
                Color::hex(0x00_72B2),
                Color::hex(0xD5_5E00),
                Color::hex(0x00_8A66),
                Color::hex(0xB0_5A8E),
                Color::hex(0xC4_8600),
                Color::hex(0x3A_9AD0),
                Color::hex(0x4D_4D4D),
                Color::hex(0x8A_7A00),
            ],
        }
    }

    /// Light on near black, for dark slides and pages.
    pub fn dark() -> Theme {
        Theme {
            background: Color::hex(0x12_171D),
            panel: Color::hex(0x17_1D24),
            ink: Color::hex(0xE9_EDF1),
            muted: Color::hex(0xA3_AEB9),
            grid: Color::hex(0x2A_323B),
            frame: Color::hex(0x41_4C57),
            served: Color::hex(0x2C_6C98),
            timed_out: Color::hex(0xF0_B030),
            rejected: Color::hex(0xF0_7A28),
            failed: Color::hex(0xFF_B0A8),
            in_service: Color::hex(0x2C_6C98),
            in_service_edge: Color::hex(0x6C_BCEE),
            booting: Color::hex(0xE8_C070),
            draining: Color::hex(0xA0_6A92),
            billed: Color::hex(0x9A_7A20),
            demand: Color::hex(0xFF_9450),
            utilization: Color::hex(0x3C_CBA0),
            utilization_max: Color::hex(0x2A_6C58),
            threshold: Color::hex(0xA3_AEB9),
            quantiles: [Color::hex(0x2E_5F8A), Color::hex(0x4F_9FDC), Color::hex(0xB8_DEFA)],
            violation: Color::hex(0xFF_7048),
            alarm_ok: Color::hex(0x2B_3A35),
            alarm_unknown: Color::hex(0x5A_646E),
            scale_out: Color::hex(0x6C_BCEE),
            scale_in: Color::hex(0xE0_9CCB),
            categories: [
                Color::hex(0x5C_B2EA),
                Color::hex(0xF0_8A40),
                Color::hex(0x3C_CBA0),
                Color::hex(0xE0_9CCB),
                Color::hex(0xF0_C040),
                Color::hex(0x9C_D8FA),
                Color::hex(0xC8_CDD2),
                Color::hex(0xD8_D060),
            ],
        }
    }
}

/// Sizes of type in pixels.
pub(crate) mod size {
    /// The chart's title.
    pub(crate) const TITLE: f64 = 24.0;
    /// What stands under the title.
    pub(crate) const SUBTITLE: f64 = 15.0;
    /// The title of a panel.
    pub(crate) const PANEL: f64 = 15.0;
    /// Axes, legends, labels.
    pub(crate) const LABEL: f64 = 13.0;
    /// Marks inside the data.
    pub(crate) const SMALL: f64 = 12.0;
}
