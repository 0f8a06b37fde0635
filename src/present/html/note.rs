//! Notes of a playbook: Markdown, without links, pictures and HTML, since a note may quote telemetry.

use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::clean;

pub fn html(text: &str) -> Markup {
    let clean = clean::escape_lines(text);
    let harmless = Parser::new_ext(&clean, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH).filter_map(|event| match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Some(Event::Text(raw)),
        Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::HtmlBlock) | Event::End(TagEnd::Link | TagEnd::Image | TagEnd::HtmlBlock) => None,
        event => Some(event),
    });
    let mut page = String::new();
    pulldown_cmark::html::push_html(&mut page, harmless);
    html! { blockquote { (PreEscaped(page)) } }
}
