//! Peers beside each other, a panel for each workload.

use std::path::Path;

use anyhow::{Context, Result};
use plotters::coord::Shift;
use plotters::prelude::{
    BLACK, Color, DrawingArea, IntoDrawingArea, IntoFont, PathElement, RGBColor, Rectangle,
    SVGBackend, Text, WHITE,
};

/// Bars that all have the same scale.
#[derive(Debug)]
pub(super) struct Bars<'a> {
    pub(super) title: &'a str,
    pub(super) panels: Vec<Panel>,
    /// A value to compare with, marked by a line.
    pub(super) mark: Option<f64>,
}

#[derive(Debug)]
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) bars: Vec<Bar>,
}

#[derive(Debug)]
pub(super) struct Bar {
    pub(super) label: String,
    /// `None` if there is nothing to draw.
    pub(super) value: Option<f64>,
    /// Behind the bar.
    pub(super) text: String,
    pub(super) colour: RGBColor,
    /// Whether the value says something; otherwise only the bar's outline is drawn.
    pub(super) is_sound: bool,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const COLUMNS: usize = 2;
const PANEL_WIDTH: i32 = 520;
const TITLE_HEIGHT: i32 = 40;
const PANEL_TITLE_HEIGHT: i32 = 30;
const ROW_HEIGHT: i32 = 20;
const BAR_HEIGHT: i32 = 13;
/// Where bars begin, right of the labels.
const LEFT: i32 = 180;
/// Right of the longest text.
const MARGIN: i32 = 8;
/// Between a bar, or the mark, and the text behind it.
const GAP: i32 = 5;
/// Of a character of the text behind a bar, rather too much: what draws it has the font.
const CHARACTER_WIDTH: f64 = 6.2;
/// So many times the median of all bars is the most that is drawn; longer ones are cut off.
const CUT: f64 = 12.0;

impl Bars<'_> {
    pub(super) fn draw(&self, file: &Path) -> Result<()> {
        let lines = self.panels.len().div_ceil(COLUMNS) as i32;
        let rows = self.panels.iter().map(|it| it.bars.len()).max().unwrap_or(0) as i32;
        let panel_height = PANEL_TITLE_HEIGHT + rows * ROW_HEIGHT + ROW_HEIGHT;
        let columns = self.panels.len().min(COLUMNS) as i32;
        let size = ((columns * PANEL_WIDTH) as u32, (TITLE_HEIGHT + lines * panel_height) as u32);
        let paint = || -> Result<(), Box<dyn std::error::Error>> {
            let area = SVGBackend::new(file, size).into_drawing_area();
            area.fill(&WHITE)?;
            area.draw(&Text::new(self.title, (12, 12), ("sans-serif", 18).into_font()))?;
            for (index, panel) in self.panels.iter().enumerate() {
                let (line, column) = (index / COLUMNS, index % COLUMNS);
                let origin =
                    (column as i32 * PANEL_WIDTH, TITLE_HEIGHT + line as i32 * panel_height);
                self.panel(panel, &area, origin)?;
            }
            area.present()?;
            Ok(())
        };
        paint()
            .map_err(|error| anyhow::anyhow!("{error}"))
            .with_context(|| format!("cannot draw {}", file.display()))
    }

    fn panel(
        &self,
        panel: &Panel,
        area: &Area<'_>,
        (x, y): (i32, i32),
    ) -> Result<(), Box<dyn std::error::Error>> {
        let (scale, longest) = (self.scale(), self.longest());
        let end = |value: f64| x + LEFT + (value.min(longest) * scale).round() as i32;
        let (bold, plain) = (("sans-serif", 15).into_font(), ("sans-serif", 13).into_font());
        area.draw(&Text::new(panel.title.clone(), (x + 12, y + 6), bold))?;
        let top = y + PANEL_TITLE_HEIGHT;
        for (row, bar) in panel.bars.iter().enumerate() {
            let top = top + row as i32 * ROW_HEIGHT;
            area.draw(&Text::new(bar.label.clone(), (x + 24, top), plain.clone()))?;
            let value = bar.value.unwrap_or(0.0);
            let end = end(value);
            let corners = [(x + LEFT, top), (end, top + BAR_HEIGHT)];
            let style = if bar.is_sound { bar.colour.filled() } else { bar.colour.stroke_width(1) };
            area.draw(&Rectangle::new(corners, style))?;
            if value > longest {
                let cut = vec![(end - 14, top + BAR_HEIGHT + 2), (end - 8, top - 2)];
                area.draw(&PathElement::new(cut, WHITE.stroke_width(4)))?;
            }
            let text = (x + LEFT + self.text_at(bar, scale).round() as i32, top);
            area.draw(&Text::new(bar.text.clone(), text, plain.clone()))?;
        }
        if let Some(mark) = self.mark {
            let bottom = top + panel.bars.len() as i32 * ROW_HEIGHT;
            let line = vec![(end(mark), top - 4), (end(mark), bottom)];
            area.draw(&PathElement::new(line, BLACK.mix(0.5).stroke_width(1)))?;
        }
        Ok(())
    }

    /// Pixels for 1, as many as leave room for every text.
    fn scale(&self) -> f64 {
        let room = f64::from(PANEL_WIDTH - LEFT - MARGIN);
        let fits = |scale: f64| {
            let mut bars = self.panels.iter().flat_map(|it| &it.bars);
            bars.all(|bar| self.text_at(bar, scale) + bar.text_width() <= room)
        };
        let widest = (room - f64::from(GAP)) / self.longest();
        let mut scales = (1..100).rev().map(|percent| widest * f64::from(percent) / 100.0);
        scales.find(|&scale| fits(scale)).unwrap_or(widest)
    }

    /// Where the text of a bar begins, in pixels from the beginning of the bar: behind it, or behind
    /// the mark if that would go through the text.
    fn text_at(&self, bar: &Bar, scale: f64) -> f64 {
        let behind = |value: f64| value * scale + f64::from(GAP);
        let at = behind(bar.value.unwrap_or(0.0).min(self.longest()));
        match self.mark.map(|mark| (mark * scale, behind(mark))) {
            Some((mark, behind_mark)) if at < behind_mark && mark < at + bar.text_width() => {
                behind_mark
            }
            _ => at,
        }
    }

    fn longest(&self) -> f64 {
        let bars = self.panels.iter().flat_map(|it| &it.bars);
        let mut values: Vec<_> = bars.filter_map(|it| it.value).collect();
        values.sort_by(f64::total_cmp);
        let median = values.get(values.len() / 2).copied().unwrap_or(1.0);
        let longest = values.last().copied().unwrap_or(1.0).min(CUT * median);
        longest.max(self.mark.unwrap_or(0.0)).max(f64::MIN_POSITIVE)
    }
}

impl Bar {
    fn text_width(&self) -> f64 {
        self.text.chars().count() as f64 * CHARACTER_WIDTH
    }
}
