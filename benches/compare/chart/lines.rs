//! Lines of figures on logarithmic axes, beside one of linear growth.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use plotters::prelude::{
    BLACK, BindKeyPoints, ChartBuilder, Circle, Color, IntoDrawingArea, IntoLogRange, LineSeries,
    PathElement, RGBColor, SVGBackend, SeriesLabelPosition, WHITE,
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
        let is_count = self.series.iter().flat_map(|it| &it.points).all(|it| it.1.fract() == 0.0);
        let digits = if is_count { 0 } else { 1 };
        for x in places {
            let values = self.series.iter().map(|series| {
                let point = series.points.iter().find(|it| it.0 == x);
                point.map_or_else(|| "-".to_owned(), |it| format!("{:.digits$}", it.1))
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
            .build_cartesian_2d(
                across.clone().log_scale().with_key_points(ticks(&across)),
                up.clone().log_scale().with_key_points(ticks(&up)),
            )?;
        chart
            .configure_mesh()
            .x_desc(&self.across)
            .y_desc(self.up)
            .x_label_formatter(&f64::to_string)
            .y_label_formatter(&f64::to_string)
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

/// What the axes are labelled with: as many of each decade as there is room for.
fn ticks(range: &Range<f64>) -> Vec<f64> {
    const IN_A_DECADE: [&[f64]; 4] = [
        &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
        &[1.0, 2.0, 3.0, 5.0, 7.0],
        &[1.0, 2.0, 5.0],
        &[1.0],
    ];
    const MOST: usize = 10;
    let decades = range.start.log10().floor() as i32..=range.end.log10().floor() as i32;
    let ticks = |steps: &[f64]| -> Vec<f64> {
        // By division, because powers below 1 are not exact.
        let scaled = |step: f64, decade: i32| match decade {
            0.. => step * 10_f64.powi(decade),
            _ => step / 10_f64.powi(-decade),
        };
        let all = decades.clone().flat_map(|it| steps.iter().map(move |&step| scaled(step, it)));
        all.filter(|it| range.contains(it)).collect()
    };
    let [finer @ .., coarsest] = IN_A_DECADE.map(ticks);
    finer.into_iter().find(|it| it.len() <= MOST).unwrap_or(coarsest)
}
