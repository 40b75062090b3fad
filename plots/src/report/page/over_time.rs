//! What the script fills: the timelines and the decision log.

use super::super::escape::{html, short};
use super::{Body, LONGEST_NAME};

impl Body<'_> {
    pub(super) fn timeline(&mut self) {
        let runs = &self.report.runs;
        if runs.is_empty() {
            return;
        }
        self.push("<section id=\"timeline\">\n<h2>Timeline</h2>\n");
        self.push(
            "<p class=\"hint\">Drag to zoom, double-click to see all; all charts move together. By keyboard: tab to a \
             chart, arrows move the cursor, + and − zoom, 0 shows all. Names above a chart switch its lines on and off.</p>\n",
        );
        self.push("<fieldset class=\"choice\" id=\"view\"><legend>Show</legend>");
        let count = runs.len();
        if count > 1 {
            self.push("<label><input type=\"radio\" name=\"view\" value=\"all\" checked> all policies</label>");
        }
        for (index, run) in runs.iter().enumerate() {
            let checked = if count == 1 { " checked" } else { "" };
            let label = html(&short(&run.name, LONGEST_NAME));
            self.push(&format!(
                "<label><input type=\"radio\" name=\"view\" value=\"{index}\"{checked}> {label}</label>"
            ));
        }
        self.push(
            "</fieldset>\n<div class=\"tools\" role=\"group\" aria-label=\"Zoom\">\
             <button type=\"button\" data-zoom=\"in\">Zoom in</button><button type=\"button\" data-zoom=\"out\">Zoom out</button>\
             <button type=\"button\" data-zoom=\"left\" aria-label=\"Earlier\">←</button>\
             <button type=\"button\" data-zoom=\"right\" aria-label=\"Later\">→</button>\
             <button type=\"button\" data-zoom=\"all\">Show all</button><output id=\"span\"></output></div>\n\
             <p id=\"empty\" hidden>This run has no intervals: there is nothing to show over time.</p>\n\
             <div id=\"charts\"></div>\n<noscript><p>The interactive charts need JavaScript; everything else does not.</p></noscript>\n\
             </section>\n<section id=\"log\">\n<h2>Decisions</h2>\n\
             <p class=\"hint\">Every decision with what the controller saw. A click moves the timeline there.</p>\n\
             <fieldset class=\"choice\" id=\"kinds\"><legend>Show</legend>\
             <label><input type=\"checkbox\" value=\"out\" checked> scale-outs</label>\
             <label><input type=\"checkbox\" value=\"in\" checked> scale-ins</label>\
             <label><input type=\"checkbox\" value=\"refused\" checked> refusals</label>\
             <label><input type=\"checkbox\" value=\"other\" checked> others</label></fieldset>\n\
             <div id=\"entries\" class=\"entries\" tabindex=\"0\" role=\"region\" aria-label=\"Decision log\"></div>\n</section>\n",
        );
    }
}
