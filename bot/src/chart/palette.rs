use tiny_skia::Color;

/// Whether a picture is light on dark, or dark on light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Light on dark.
    Dark,
    /// Dark on light.
    Light,
}

/// The colours of a picture.
#[derive(Debug, Clone, Copy)]
pub struct Palette {
    pub(super) ground: Color,
    pub(super) grid: Color,
    pub(super) words: Color,
    pub(super) quiet: Color,
    pub(super) up: Color,
    pub(super) down: Color,
    pub(super) buy: Color,
    pub(super) sell: Color,
    pub(super) stop: Color,
    pub(super) on_tag: Color,
}

impl Palette {
    /// The colours of a theme.
    pub fn of(theme: Theme) -> Self {
        match theme {
            Theme::Dark => Self {
                ground: rgb(0x0f_14_1b),
                grid: rgb(0x22_2c_38),
                words: rgb(0xe3_ea_f2),
                quiet: rgb(0x93_a1_b0),
                up: rgb(0x26_a6_9a),
                down: rgb(0xe0_52_52),
                buy: rgb(0x5a_a9_ff),
                sell: rgb(0xe8_6b_ff),
                stop: rgb(0xff_a9_3d),
                on_tag: rgb(0x0f_14_1b),
            },
            Theme::Light => Self {
                ground: rgb(0xff_ff_ff),
                grid: rgb(0xe4_e9_ef),
                words: rgb(0x16_1d_26),
                quiet: rgb(0x5c_6a_79),
                up: rgb(0x0b_8f_7f),
                down: rgb(0xd1_3b_3b),
                buy: rgb(0x0b_62_d6),
                sell: rgb(0xa0_1f_c4),
                stop: rgb(0xc2_66_00),
                on_tag: rgb(0xff_ff_ff),
            },
        }
    }
}

fn rgb(hex: u32) -> Color {
    let [_, red, green, blue] = hex.to_be_bytes();
    Color::from_rgba8(red, green, blue, 255)
}
