//! The query: what size and form the client wants.

use crate::failure::Failure;
use crate::picture::Format;
use wstd::http::StatusCode;

/// Longest side of a result.
pub const SIDE_MAX: u32 = 4096;
/// Most pixels of a result.
pub const PIXELS_MAX: u64 = 8_000_000;
const QUALITY_DEFAULT: u8 = 80;

/// How a picture meets a box of another shape.
#[derive(Clone, Copy, Default, Hash)]
pub enum Fit {
    /// As large as fits into the box, all of it.
    #[default]
    Contain,
    /// Fills the box; what sticks out is cut off evenly.
    Cover,
    /// Fills the box, distorted.
    Fill,
}

#[derive(Default, Hash)]
pub struct Parameters {
    width: Option<u32>,
    height: Option<u32>,
    pub fit: Fit,
    pub format: Option<Format>,
    quality: Option<u8>,
}

impl Parameters {
    /// Reads the query strictly: an unknown, repeated or malformed parameter is a 400 that names it.
    pub fn parse(query: &str) -> Result<Self, Failure> {
        let mut parameters = Parameters::default();
        let mut seen = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if seen.contains(&name) {
                return Err(bad(format!("{} is given twice", printable(name))));
            }
            seen.push(name);
            match name {
                _ if value.is_empty() && ["w", "h", "fit", "format", "q"].contains(&name) => {}
                "w" => parameters.width = Some(number("w", value, SIDE_MAX)?),
                "h" => parameters.height = Some(number("h", value, SIDE_MAX)?),
                "q" => parameters.quality = Some(number("q", value, 100)? as u8),
                "fit" => parameters.fit = fit(value)?,
                "format" => parameters.format = Some(format(value)?),
                _ => return Err(bad(format!("there is no parameter {}: w, h, fit, format, q", printable(name)))),
            }
        }
        Ok(parameters)
    }

    /// The size of the result for a source of the given size.
    pub fn size_for(&self, source: (u32, u32)) -> Result<(u32, u32), Failure> {
        let (from_width, from_height) = (f64::from(source.0), f64::from(source.1));
        let scaled = |side: f64, by: f64| (side * by).round().max(1.0) as u32;
        let (width, height) = match (self.width, self.height, self.fit) {
            (None, None, _) => source,
            (Some(width), None, _) => (width, scaled(from_height, f64::from(width) / from_width)),
            (None, Some(height), _) => (scaled(from_width, f64::from(height) / from_height), height),
            (Some(width), Some(height), Fit::Contain) => {
                let by = (f64::from(width) / from_width).min(f64::from(height) / from_height);
                (scaled(from_width, by).min(width), scaled(from_height, by).min(height))
            }
            (Some(width), Some(height), Fit::Cover | Fit::Fill) => (width, height),
        };
        if width > SIDE_MAX || height > SIDE_MAX || u64::from(width) * u64::from(height) > PIXELS_MAX {
            let message = format!(
                "the result would be {width} x {height}; at most {SIDE_MAX} pixels a side and {PIXELS_MAX} in all \
                 are made: ask for a smaller w or h"
            );
            return Err(bad(message));
        }
        Ok((width, height))
    }

    pub fn quality(&self) -> u8 {
        self.quality.unwrap_or(QUALITY_DEFAULT)
    }

    /// Refuses a quality for a lossless form.
    pub fn check_quality(&self, format: Format) -> Result<(), Failure> {
        match (self.quality, format) {
            (Some(_), Format::Png | Format::WebP) => Err(bad("q is for jpeg: png and webp are made without loss")),
            _ => Ok(()),
        }
    }
}

fn bad(message: impl Into<String>) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, message)
}

fn number(name: &str, text: &str, most: u32) -> Result<u32, Failure> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(value) if digits && (1..=most).contains(&value) => Ok(value),
        _ => Err(bad(format!("{name} must be a whole number from 1 to {most}, not {}", printable(text)))),
    }
}

fn fit(text: &str) -> Result<Fit, Failure> {
    match text {
        "contain" => Ok(Fit::Contain),
        "cover" => Ok(Fit::Cover),
        "fill" => Ok(Fit::Fill),
        _ => Err(bad(format!("fit must be contain, cover or fill, not {}", printable(text)))),
    }
}

fn format(text: &str) -> Result<Format, Failure> {
    match text {
        "jpeg" | "jpg" => Ok(Format::Jpeg),
        "png" => Ok(Format::Png),
        "webp" => Ok(Format::WebP),
        _ => Err(bad(format!("format must be jpeg, png or webp, not {}", printable(text)))),
    }
}

/// The start of what a client sent, in quotes, fit for a line of text.
fn printable(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    format!("{start:?}")
}
