use ratatui::style::{Color, Modifier, Style};

/// Whether colours may be used. Each also has a sign that says the same without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Palette {
    /// Green for up and won, red for down and lost, yellow for what waits.
    Color,
    /// None: `NO_COLOR` is set.
    Plain,
}

impl Palette {
    pub(super) const fn up(self) -> Style {
        self.of(Color::Green)
    }

    pub(super) const fn down(self) -> Style {
        self.of(Color::Red)
    }

    /// What waits: orders, and their levels on the chart.
    pub(super) const fn waiting(self) -> Style {
        self.of(Color::Yellow)
    }

    /// Up or down, by a sign in front of a figure.
    pub(super) fn by_sign(self, figure: &str) -> Style {
        if figure.starts_with('-') { self.down() } else { self.up() }
    }

    /// What matters less.
    pub(super) const fn faint() -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub(super) const fn strong() -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    const fn of(self, color: Color) -> Style {
        match self {
            Self::Color => Style::new().fg(color),
            Self::Plain => Style::new(),
        }
    }
}
