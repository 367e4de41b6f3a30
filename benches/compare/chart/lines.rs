//! How figures grow, both axes logarithmic: a straight line with a slope of one is linear growth.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use plotters::prelude::{
    BLACK, ChartBuilder, Circle, Color, IntoDrawingArea, IntoLogRange, LineSeries, PathElement,
    RGBColor, SVGBackend, SeriesLabelPosition, WHITE,
};

/// One chart.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) title: String,
    pub(crate) file: String,
    /// What the axes are.
    pub(super) across: String,
    pub(super) up: &'static str,
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
            .build_cartesian_2d(across.log_scale(), up.log_scale())?;
        chart
            .configure_mesh()
            .x_desc(&self.across)
            .y_desc(self.up)
            .x_label_formatter(&|value| number(*value))
            .y_label_formatter(&|value| number(*value))
            .light_line_style(BLACK.mix(0.06))
            .draw()?;
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
}

/// From below the least to above the greatest, so that no point lies on the frame.
fn span(values: impl Iterator<Item = f64>) -> Range<f64> {
    let positive = values.filter(|it| *it > 0.0);
    let (least, greatest) =
        positive.fold((f64::MAX, f64::MIN_POSITIVE), |(a, b), it| (a.min(it), b.max(it)));
    least.min(greatest) / 1.3..greatest * 1.5
}

fn number(value: f64) -> String {
    if value >= 1.0 { format!("{value:.0}") } else { format!("{value}") }
}
