//! A map of the world: the coasts, a dot a place, and the countries by how much lies in them.

use ratatui::style::{Color, Stylize};
use ratatui::widgets::canvas::{Canvas, Map, MapResolution};

use super::amounts::{self, Amount};
use super::{Style, Tone, canvas, cell, clean, prose, toned};
use crate::hunt::picture::Dot;

/// The most lines of a map, and countries that are named below it.
const HEIGHT: usize = 34;
const NAMED: usize = 10;
/// Parts of the largest count up to which a dot is small, or middling. Counts of addresses have few large ones, so the steps are wide.
const STEPS: [f64; 3] = [0.05, 0.3, 1.0];

/// What is on the map, and what is not.
pub struct Places<'a> {
    pub dots: &'a [Dot],
    pub countries: &'a [(String, f64)],
    pub private: f64,
    pub unknown: f64,
}

pub fn lines(places: &Places, highest: f64, screen: usize, style: &Style) -> Vec<String> {
    let signs = if style.unicode { ["∙", "•", "●"] } else { ["o", "O", "@"] };
    let colours = [Color::Cyan, Color::Magenta, Color::Red];
    let level = |count: f64| STEPS.iter().position(|step| count <= highest * step).unwrap_or(STEPS.len() - 1);
    let drawn = Canvas::default().x_bounds([-180.0, 180.0]).y_bounds([-60.0, 85.0]).marker(canvas::marker(style)).paint(|context| {
        context.draw(&Map { resolution: MapResolution::High, color: Color::DarkGray });
        // Each size in a layer of its own, so that a large dot is never below a small one.
        for (at, (sign, colour)) in signs.into_iter().zip(colours).enumerate() {
            context.layer();
            places.dots.iter().filter(|dot| level(dot.count) == at).for_each(|dot| context.print(dot.longitude, dot.latitude, sign.fg(colour)));
        }
    });
    let mut lines = canvas::lines(drawn, screen, (screen / 4).clamp(8, HEIGHT), style);
    let shown: Vec<String> = signs
        .into_iter()
        .zip(colours)
        .enumerate()
        .filter(|(at, _)| places.dots.iter().any(|dot| level(dot.count) == *at))
        .map(|(at, (sign, colour))| {
            let tone = canvas::of_colour(colour).unwrap_or(Tone::Bar);
            format!("{} up to {}", toned(sign, tone, style), cell::float((highest * STEPS[at]).floor().max(1.0)))
        })
        .collect();
    lines.push(shown.join("   "));
    let named = places.countries.iter().take(NAMED);
    let amounts: Vec<Amount> =
        named.map(|(country, count)| Amount { label: clean::escape(country).into_owned(), figures: vec![cell::float(*count)], value: Some(*count) }).collect();
    let most = places.countries.first().map_or(0.0, |(_, count)| *count);
    lines.extend(amounts::lines(&["Country", "Count"], &amounts, most, screen, style));
    let faint = |text: String| toned(&text, Tone::Faint, style);
    if places.countries.len() > NAMED {
        lines.push(faint(format!("{} and {} more countries", style.ellipsis(), places.countries.len() - NAMED)));
    }
    let parts = [(places.private, "private"), (places.unknown, "unknown")].into_iter().filter(|(count, _)| *count > 0.0);
    let absent: Vec<String> = parts.map(|(count, word)| format!("{} {word}", cell::float(count))).collect();
    if !absent.is_empty() {
        lines.extend(prose(&faint(format!("not on the map: {}", absent.join(", "))), 2, Some(screen)).lines().map(String::from));
    }
    lines
}
