//! Lines of figures on logarithmic axes, beside one of linear growth.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use plotters::prelude::{
    BLACK, ChartBuilder, Circle, Color, IntoDrawingArea, IntoLogRange, LineSeries, PathElement,
    RGBColor, SVGBackend, SeriesLabelPosition, WHITE,
};

use crate::table::Table;

/// One chart.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) title: String,
    pub(crate) file: String,
    /// What the axes are.
    pub(super) across: String,
    pub(crate) up: &'static str,
    pub(super) series: Vec<Series>,
}

#[derive(Debug)]
pub(super) struct Series {
    pub(super) label: String,
    pub(super) colour: RGBColor,
    pub(super) points: Vec<(f64, f64)>,
}

const SIZE: (u32, u32) = (640, 400);

impl Lines {
    pub(crate) fn draw(&self, file: &Path) -> Result<()> {
        self.paint(file)
            .map_err(|error| anyhow!("{error}"))
            .with_context(|| format!("cannot draw {}", file.display()))
    }

    /// The same in figures.
    pub(crate) fn table(&self) -> Table {
        let labels = self.series.iter().map(|it| it.label.as_str());
        let mut table =
            Table::new(&[self.across.as_str()].into_iter().chain(labels).collect::<Vec<_>>());
        let mut places: Vec<f64> =
            self.series.iter().flat_map(|it| &it.points).map(|it| it.0).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        for x in places {
            let values = self.series.iter().map(|series| {
                let point = series.points.iter().find(|it| it.0 == x);
                point.map_or_else(|| "-".to_owned(), |it| format!("{:.1}", it.1))
            });
            table.row([x.to_string()].into_iter().chain(values));
        }
        table
    }

    fn paint(&self, file: &Path) -> Result<(), Box<dyn std::error::Error>> {
        let area = SVGBackend::new(file, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let points = || self.series.iter().flat_map(|it| &it.points);
        let across = span(points().map(|it| it.0));
        let up = span(points().map(|it| it.1));
        let mut chart = ChartBuilder::on(&area)
            .caption(&self.title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(across.clone().log_scale(), up.clone().log_scale())?;
        chart
            .configure_mesh()
            .x_desc(&self.across)
            .y_desc(self.up)
            .x_label_formatter(&|value| number(*value))
            .y_label_formatter(&|value| number(*value))
            .max_light_lines(0)
            .bold_line_style(BLACK.mix(0.08))
            .draw()?;
        if let Some(guide) = self.linear(&across, &up) {
            chart
                .draw_series(LineSeries::new(guide, BLACK.mix(0.35).stroke_width(1)))?
                .label("linear")
                .legend(|(x, y)| {
                    PathElement::new([(x, y), (x + 18, y)], BLACK.mix(0.35).stroke_width(1))
                });
        }
        for Series { label, colour, points } in &self.series {
            let colour = *colour;
            chart
                .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?
                .label(label)
                .legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2))
                });
            let dot = |&at: &(f64, f64)| Circle::new(at, 3, colour.filled());
            chart.draw_series(points.iter().map(dot))?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.2))
            .draw()?;
        area.present()?;
        Ok(())
    }

    /// Linear growth to where the first series ends, as far as it lies within the axes.
    fn linear(&self, across: &Range<f64>, up: &Range<f64>) -> Option<[(f64, f64); 2]> {
        let &(x, y) = self.series.first()?.points.last()?;
        let start = across.start.max(up.start * x / y);
        (start < x).then_some([(start, start * y / x), (x, y)])
    }
}

/// From below the least to above the greatest, so that no point lies on the frame.
fn span(values: impl Iterator<Item = f64>) -> Range<f64> {
    let positive = values.filter(|it| *it > 0.0);
    let (least, greatest) =
        positive.fold((f64::MAX, f64::MIN_POSITIVE), |(a, b), it| (a.min(it), b.max(it)));
    least.min(greatest) / 1.3..greatest * 1.5
}

/// Labels for 1, 2 and 5 of each decade: there is no room for more.
fn number(value: f64) -> String {
    let leading = value / 10_f64.powf(value.log10().floor());
    if ![1, 2, 5].contains(&(leading.round() as u32)) {
        return String::new();
    }
    if value >= 1.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}
