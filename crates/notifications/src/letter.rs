//! How a mail reads.

use althing_web::{Mail, Mailer};

/// Something that a letter tells.
#[derive(Clone, Debug)]
pub struct Item {
    pub title: String,
    pub body: String,
    /// Where one sees more.
    pub page: String,
}

/// A letter to one person.
#[derive(Clone, Debug)]
pub struct Letter<'a> {
    /// The same at every attempt.
    pub id: String,
    pub to: String,
    pub subject: String,
    pub items: &'a [Item],
    /// How many more there are than are told.
    pub more: usize,
    /// The token of the link that ends letters like this one.
    pub unsubscribe: String,
    /// What that link ends.
    pub ends: &'static str,
}

impl Letter<'_> {
    /// As text and as HTML, with links to this instance.
    pub fn mail(&self, mailer: &Mailer) -> Mail {
        Mail {
            id: self.id.clone(),
            to: self.to.clone(),
            subject: self.subject.clone(),
            text: self.text(mailer),
            html: self.html(mailer),
            unsubscribe: Some(mailer.link(&format!(
                "/api/notifications/unsubscribe?token={}",
                self.unsubscribe
            ))),
        }
    }

    fn text(&self, mailer: &Mailer) -> String {
        let mut text = String::new();
        for item in self.items {
            text.push_str(&format!(
                "{}\n{}\n{}\n\n",
                item.title,
                item.body,
                mailer.link(&item.page)
            ));
        }
        if let Some(more) = self.and_more() {
            text.push_str(&format!("{more}: {}\n\n", mailer.link("/notifications")));
        }
        text.push_str(&format!(
            "-- \nNo more {}: {}\nWhat you are told, and how: {}\n",
            self.ends,
            self.page_to_unsubscribe(mailer),
            mailer.link("/account")
        ));
        text
    }

    fn html(&self, mailer: &Mailer) -> String {
        let mut html = String::from("<!doctype html><html><body style=\"font-family: sans-serif\">");
        for item in self.items {
            html.push_str(&format!(
                "<h2 style=\"font-size: 1.1em\"><a href=\"{}\">{}</a></h2><p>{}</p>",
                escaped(&mailer.link(&item.page)),
                escaped(&item.title),
                escaped(&item.body)
            ));
        }
        if let Some(more) = self.and_more() {
            html.push_str(&format!(
                "<p><a href=\"{}\">{more}</a></p>",
                escaped(&mailer.link("/notifications"))
            ));
        }
        html.push_str(&format!(
            "<hr><p style=\"font-size: 0.85em\"><a href=\"{}\">No more {}</a> · <a href=\"{}\">What you are told, and how</a></p></body></html>",
            escaped(&self.page_to_unsubscribe(mailer)),
            self.ends,
            escaped(&mailer.link("/account"))
        ));
        html
    }

    fn and_more(&self) -> Option<String> {
        (self.more > 0).then(|| format!("And {} more", self.more))
    }

    /// For people: it asks before it does anything, since programs open links, too.
    fn page_to_unsubscribe(&self, mailer: &Mailer) -> String {
        mailer.link(&format!("/unsubscribe#{}", self.unsubscribe))
    }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_says_everything_twice_and_never_lets_a_name_become_markup() {
        let items = [Item {
            title: "Invitation to <b>Engines</b>".into(),
            body: "Ada & Bob".into(),
            page: "/decisions/1".into(),
        }];
        let letter = Letter {
            id: "x/1".into(),
            to: "bob@example.org".into(),
            subject: "News".into(),
            items: &items,
            more: 2,
            unsubscribe: "abc.digest.def".into(),
            ends: "daily mails",
        };
        let mailer = Mailer::new(None, "https://althing.example.org");
        let mail = letter.mail(&mailer);
        assert!(mail.text.starts_with(
            "Invitation to <b>Engines</b>\nAda & Bob\nhttps://althing.example.org/decisions/1\n\nAnd 2 more: "
        ));
        assert!(
            mail.text
                .contains("No more daily mails: https://althing.example.org/unsubscribe#abc.digest.def\n")
        );
        assert!(
            mail.html
                .contains("&lt;b&gt;Engines&lt;/b&gt;</a></h2><p>Ada &amp; Bob</p>"),
            "{}",
            mail.html
        );
        assert!(mail.html.contains("And 2 more") && !mail.html.contains("<b>"));
        assert_eq!(
            mail.unsubscribe.as_deref(),
            Some("https://althing.example.org/api/notifications/unsubscribe?token=abc.digest.def")
        );
    }
}
