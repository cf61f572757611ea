//! Pictures in memory: decoding with limits, resizing, encoding.

use crate::failure::Failure;
use crate::parameters::{Fit, Parameters};
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, ResizeOptions, Resizer};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use std::io::Cursor;
use wstd::http::StatusCode;

/// Longest side of a source; no camera makes more, and a file of a few hundred bytes can claim more.
const SIDE_MAX: u32 = 16_384;
/// Most pixels of a source.
const PIXELS_MAX: u64 = 16_000_000;
/// Most bytes of a decoded source (16 megapixels of 8-bit RGBA are 64 MB; 16-bit pictures must be smaller).
const DECODED_BYTES_MAX: u64 = 72 << 20;

#[derive(Clone, Copy, Hash)]
pub enum Format {
    Jpeg,
    Png,
    WebP,
}

impl Format {
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Jpeg => "image/jpeg",
            Format::Png => "image/png",
            Format::WebP => "image/webp",
        }
    }
}

/// Rows of 8-bit pixels, three or four bytes each.
pub struct Picture {
    width: u32,
    height: u32,
    alpha: bool,
    pixels: Vec<u8>,
}

impl Picture {
    /// Decodes a JPEG, PNG or WebP, turned upright as its EXIF data says, and says which it was. An animation gives its
    /// first frame. 415 for anything else, 422 for a picture that is damaged or whose head claims too many pixels:
    /// that is checked before its pixels are decoded.
    pub fn decode(bytes: &[u8]) -> Result<(Self, Format), Failure> {
        let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
        let format = match reader.format() {
            Some(ImageFormat::Jpeg) => Format::Jpeg,
            Some(ImageFormat::Png) => Format::Png,
            Some(ImageFormat::WebP) => Format::WebP,
            _ => return Err(Failure::unsupported_type()),
        };
        let mut limits = Limits::default();
        limits.max_alloc = Some(DECODED_BYTES_MAX);
        reader.limits(limits.clone());
        let mut decoder = reader.into_decoder().map_err(unreadable)?;
        let (width, height) = decoder.dimensions();
        let pixels = u64::from(width) * u64::from(height);
        if width > SIDE_MAX || height > SIDE_MAX || pixels > PIXELS_MAX || decoder.total_bytes() > DECODED_BYTES_MAX {
            return Err(too_large());
        }
        decoder.set_limits(limits).map_err(unreadable)?;
        let orientation = decoder.orientation().map_err(unreadable)?;
        let mut image = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
        image.apply_orientation(orientation);

        let (width, height, alpha) = (image.width(), image.height(), image.color().has_alpha());
        let pixels = if alpha { image.into_rgba8().into_raw() } else { image.into_rgb8().into_raw() };
        Ok((Picture { width, height, alpha, pixels }, format))
    }

    /// The picture in the size and fit that the parameters ask for.
    pub fn resize(&self, parameters: &Parameters) -> Result<Picture, Failure> {
        let (width, height) = parameters.size_for((self.width, self.height))?;
        let kind = if self.alpha { PixelType::U8x4 } else { PixelType::U8x3 };
        let source = ImageRef::new(self.width, self.height, &self.pixels, kind)?;
        let mut target = Image::new(width, height, kind);
        let options = match parameters.fit {
            Fit::Cover => ResizeOptions::new().fit_into_destination(None),
            Fit::Contain | Fit::Fill => ResizeOptions::new(),
        };
        Resizer::new().resize(&source, &mut target, &options)?;
        Ok(Picture { width, height, alpha: self.alpha, pixels: target.into_vec() })
    }

    /// The picture as a file. JPEG knows no transparency: what shows through becomes white.
    pub fn encode(mut self, format: Format, quality: u8) -> Result<Vec<u8>, Failure> {
        if matches!(format, Format::Jpeg) && self.alpha {
            self.put_on_white();
        }
        let color = if self.alpha { ExtendedColorType::Rgba8 } else { ExtendedColorType::Rgb8 };
        let (width, height, pixels) = (self.width, self.height, &self.pixels);
        let mut file = Vec::new();
        match format {
            Format::Jpeg => JpegEncoder::new_with_quality(&mut file, quality).encode(pixels, width, height, color)?,
            Format::Png => {
                use image::ImageEncoder;
                PngEncoder::new(&mut file).write_image(pixels, width, height, color)?;
            }
            Format::WebP => WebPEncoder::new_lossless(&mut file).encode(pixels, width, height, color)?,
        }
        Ok(file)
    }

    fn put_on_white(&mut self) {
        let opaque = self.pixels.chunks_exact(4).flat_map(|pixel| {
            let alpha = u32::from(pixel[3]);
            [0, 1, 2].map(|i| ((u32::from(pixel[i]) * alpha + 255 * (255 - alpha) + 127) / 255) as u8)
        });
        self.pixels = opaque.collect();
        self.alpha = false;
    }
}

fn too_large() -> Failure {
    let message = format!(
        "the picture claims too many pixels: at most {SIDE_MAX} a side and {PIXELS_MAX} in all (half as many with 16 \
         bits) are decoded"
    );
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, message)
}

/// A picture that starts like one but cannot be decoded.
fn unreadable(error: ImageError) -> Failure {
    let message = match error {
        ImageError::Unsupported(_) => format!("this kind of picture is not supported: {error}"),
        ImageError::Limits(_) => return too_large(),
        _ => format!("the picture is damaged: {error}"),
    };
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, message.replace(['\r', '\n'], " "))
}
