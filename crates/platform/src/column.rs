//! The columns of an order file, by their names.

use std::fmt;

/// A column of an order file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// The number of the order.
    Order,
    /// The worker's social security number.
    Worker,
    /// The city of the order.
    Place,
    /// Kind of business.
    Trade,
    /// How the worker moves.
    Mode,
    /// How the order ended.
    Status,
    /// Whether it was insured against occupational injury.
    Insured,
    /// When the worker took it.
    Accepted,
    /// When it ended.
    Finished,
    /// Earned for it.
    Gross,
    /// Beside it.
    Incentives,
    /// Kept by the platform.
    Deductions,
    /// Given back.
    Refunds,
    /// Hash of the track.
    Route,
}

impl Column {
    /// Every column, in the order in which sample files have them.
    pub const ALL: [Self; 14] = [
        Self::Order,
        Self::Worker,
        Self::Place,
        Self::Trade,
        Self::Mode,
        Self::Status,
        Self::Insured,
        Self::Accepted,
        Self::Finished,
        Self::Gross,
        Self::Incentives,
        Self::Deductions,
        Self::Refunds,
        Self::Route,
    ];

    /// English first, then Chinese, then other names that files have.
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Order => &["order", "订单号", "订单编号"],
            Self::Worker => &["worker", "社会保障号码", "公民身份号码", "证件号码"],
            Self::Place => &["place", "城市", "城市代码", "行政区划代码"],
            Self::Trade => &["trade", "业务类型"],
            Self::Mode => &["mode", "交通方式"],
            Self::Status => &["status", "状态", "订单状态"],
            Self::Insured => &["insured", "已参保", "是否投保", "是否参保"],
            Self::Accepted => &["accepted", "接单时间"],
            Self::Finished => &["finished", "完成时间", "结束时间"],
            Self::Gross => &["gross", "收入", "订单收入"],
            Self::Incentives => &["incentives", "奖励"],
            Self::Deductions => &["deductions", "扣款"],
            Self::Refunds => &["refunds", "退还"],
            Self::Route => &["route", "轨迹摘要"],
        }
    }

    /// The English name.
    pub fn english(self) -> &'static str {
        self.names().first().copied().unwrap_or_default()
    }

    /// The Chinese name.
    pub fn chinese(self) -> &'static str {
        self.names().get(1).copied().unwrap_or_default()
    }

    /// The column with this name, in any case of letters.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim();
        Self::ALL.into_iter().find(|column| {
            let mut names = column.names().iter();
            names.any(|known| known.eq_ignore_ascii_case(name))
        })
    }

    /// Whether a file may be without it.
    pub const fn is_optional(self) -> bool {
        matches!(self, Self::Route)
    }

    /// Its place in [`Column::ALL`].
    pub(crate) const fn position(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.english(), self.chinese())
    }
}
