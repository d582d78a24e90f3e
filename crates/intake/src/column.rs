//! The columns of every layout: English name, the Chinese names that agencies use, element codes of GB/T 40217.

use std::fmt;

macro_rules! columns {
    ($($(#[$doc:meta])* $column:ident = $english:literal [$($alias:literal),*];)*) => {
        /// A column. The English name is also the key in JSON Lines.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Column {
            $($(#[$doc])* $column,)*
        }

        impl Column {
            /// Every column, in the order in which the program writes them.
            pub const ALL: &'static [Self] = &[$(Self::$column),*];
            /// How many there are.
            pub(crate) const COUNT: usize = Self::ALL.len();

            /// The English name.
            pub const fn english(self) -> &'static str {
                match self { $(Self::$column => $english,)* }
            }

            /// Chinese names, the usual one first, then element codes.
            pub const fn aliases(self) -> &'static [&'static str] {
                match self { $(Self::$column => &[$($alias),*],)* }
            }
        }
    };
}

columns! {
    /// What the row states; without this column every row is money received.
    Kind = "kind" ["业务类型", "记录类型", "业务种类"];
    /// Social-security number. Turned into a pseudonym at once.
    Person = "person" ["社会保障号码", "公民身份号码", "身份证号", "身份证号码", "证件号码", "AAC002"];
    /// Scheme, as `hrss:110`, as a bare code where only one set has it, or by its Chinese name.
    Scheme = "scheme" ["险种", "险种类型", "险种代码", "AAE140"];
    /// The scheme that takes an account over.
    Into = "into" ["转入险种", "衔接险种"];
    /// The month that is paid for.
    Period = "period" ["费款所属期", "应缴年月", "所属期", "费款所属期起", "AAE003"];
    /// The last month that is paid for, in place of `months`.
    PeriodEnd = "period_end" ["费款所属期止"];
    /// The year that is paid for (twelve months), or that interest is for.
    Year = "year" ["年度", "缴费年度", "结息年度", "AAE101"];
    /// Number of months from `period` on, 1 to 12; without it one, with `year` twelve.
    Months = "months" ["月数", "缴费月数"];
    /// Month of settlement; without it the month of receipt, or the month that is paid for.
    Settlement = "settlement" ["结算年月", "结算期", "AAE002"];
    /// The day on which the money reached the treasury.
    Received = "received" ["到账日期", "到帐日期", "EAD131"];
    /// Place of participation, six digits.
    Place = "place" ["参保地", "参保地行政区划", "行政区划代码", "统筹区", "AAB301"];
    /// Who pays; without it a unit where a payer id stands, otherwise the person.
    PayerKind = "payer_kind" ["缴费主体", "缴费人类型"];
    /// Unified social credit code or unit code.
    PayerId = "payer_id" ["单位编号", "统一社会信用代码", "单位代码", "BAB010", "AAB001"];
    /// Type of contribution; without it 10 (refunds: 20).
    Nature = "type" ["缴费类型", "应缴类型", "AAA115"];
    /// Contribution base; for a difference the difference.
    Base = "base" ["缴费基数", "AAE180"];
    /// Rate of the unit, as 0.16 or 16%.
    UnitRate = "unit_rate" ["单位缴费比例", "单位费率", "AAA042"];
    /// Rate of the person.
    PersonRate = "person_rate" ["个人缴费比例", "个人费率", "AAA041"];
    /// Due from the unit.
    DueUnit = "due_unit" ["单位应缴", "单位应缴金额", "AAE020"];
    /// Due from the person.
    DuePerson = "due_person" ["个人应缴", "个人应缴金额", "AAE022"];
    /// Paid by the unit.
    PaidUnit = "paid_unit" ["单位实缴", "单位实缴金额", "单位缴费金额", "AAE080"];
    /// Paid by the person.
    PaidPerson = "paid_person" ["个人实缴", "个人实缴金额", "个人缴费金额", "AAE082"];
    /// Credited to the personal account from the unit.
    CreditedUnit = "credited_unit" ["单位划入", "单位划入个人账户", "AAE081"];
    /// Credited to the personal account from the person.
    CreditedPerson = "credited_person" ["个人划入", "个人划入个人账户", "AAE083"];
    /// Late fee.
    LateFee = "late_fee" ["滞纳金", "AAB204"];
    /// Whether fully paid; without it, whether paid equals due.
    Full = "full" ["足额到账标志", "足额标志", "AAE078"];
    /// Where the money is, as the tax office says. Checked, not recorded.
    TaxStatus = "tax_status" ["税务端缴费状态", "税务缴费状态"];
    /// Central subsidy.
    SubsidyCentral = "subsidy_central" ["中央补贴", "AAE034"];
    /// Provincial subsidy.
    SubsidyProvince = "subsidy_province" ["省级补贴", "AAE024"];
    /// City subsidy.
    SubsidyCity = "subsidy_city" ["市级补贴", "AAE026"];
    /// County subsidy.
    SubsidyCounty = "subsidy_county" ["县级补贴", "AAE028"];
    /// General (1, the default) or temporary (2) account.
    AccountType = "account_type" ["账户类型", "AAE473"];
    /// First month for which participation or a benefit holds.
    From = "from" ["起始年月", "生效年月", "变更年月", "待遇起始年月"];
    /// Why.
    Reason = "reason" ["原因", "变更原因", "中断原因", "AAE160"];
    /// Rate of interest.
    InterestRate = "interest_rate" ["记账利率"];
    /// Interest on what the unit paid in.
    InterestUnit = "interest_unit" ["单位部分利息"];
    /// Interest on what the person paid in.
    InterestPerson = "interest_person" ["个人部分利息", "利息"];
    /// The day on which interest was posted.
    Posted = "posted" ["记账日期", "结息日期"];
    /// The earlier record: its 64-digit id, or the serial of an earlier row of the file.
    Target = "target" ["原业务流水号", "原流水号", "原记录"];
    /// Number of a transfer case: 32 hexadecimal digits, or the number that both agencies use.
    Case = "case" ["转移业务编号", "转移编号"];
    /// Old place.
    OldPlace = "old_place" ["转出地"];
    /// Agency of the old place.
    OldAgency = "old_agency" ["转出经办机构"];
    /// New place.
    NewPlace = "new_place" ["转入地"];
    /// Agency of the new place.
    NewAgency = "new_agency" ["转入经办机构"];
    /// The day of a step, of a benefit fact, of a link.
    Date = "date" ["办理日期", "业务日期"];
    /// First month moved, deemed or agreed on.
    FirstMonth = "first_month" ["转移起始年月", "所属期起"];
    /// Last month moved, deemed or agreed on.
    LastMonth = "last_month" ["转移截止年月", "所属期止"];
    /// Deemed months.
    DeemedMonths = "deemed_months" ["视同缴费月数", "AAE200"];
    /// Actual months.
    ActualMonths = "actual_months" ["实际缴费月数", "AAE201"];
    /// Personal account moved, or joined to that of another scheme.
    PersonalAccount = "personal_account" ["个人账户转移金额", "AIC099"];
    /// Of it from the unit.
    PersonalAccountUnit = "personal_account_unit" ["个人账户单位部分", "AIC100"];
    /// Pool money moved.
    Pool = "pool" ["统筹转移金额", "统筹基金转移金额", "AIC103"];
    /// Hash of the document behind a step, 64 hexadecimal digits.
    Document = "document" ["文书摘要"];
    /// Benefit item.
    Item = "item" ["待遇项目", "AAA036"];
    /// Last month of a benefit.
    Until = "until" ["截止年月", "待遇截止年月"];
    /// Amount of a benefit, of a subsidy, of money of a fund.
    Amount = "amount" ["金额", "待遇金额"];
    /// The other number of the same person.
    OtherPerson = "other_person" ["原社会保障号码", "原证件号码"];
    /// Hash of the evidence, 64 hexadecimal digits.
    Evidence = "evidence" ["证明材料摘要"];
    /// The day of a statement about the worker, or of an agreement or dispute. Chooses the layout.
    Decided = "decided" ["认定日期", "确认日期"];
    /// Month of birth or death, of orders.
    Month = "month" ["年月", "出生年月", "死亡年月", "订单年月"];
    /// What a month of birth rests on; without it the citizen's id.
    Ground = "ground" ["认定依据"];
    /// Class of retirement.
    Class = "class" ["退休类别"];
    /// Region whose chain holds a disputed record.
    Region = "region" ["账链地区"];
    /// A platform. Chooses the layout.
    Platform = "platform" ["平台", "平台统一社会信用代码"];
    /// Kind of business.
    Trade = "trade" ["业态"];
    /// How the worker moves.
    Mode = "mode" ["交通方式"];
    /// Orders completed.
    Orders = "orders" ["完成订单数", "订单数"];
    /// Of them insured.
    InsuredOrders = "insured_orders" ["参保订单数"];
    /// Days with an order.
    Days = "days" ["接单天数"];
    /// Minutes under way with orders.
    Minutes = "minutes" ["在途分钟"];
    /// The longest stretch without a rest, in minutes.
    LongestMinutes = "longest_minutes" ["最长连续分钟"];
    /// Of the minutes those at night.
    NightMinutes = "night_minutes" ["夜间分钟"];
    /// Earned for the orders.
    Gross = "gross" ["订单收入"];
    /// Earned beside them.
    Incentives = "incentives" ["奖励"];
    /// Kept by the platform.
    Deductions = "deductions" ["平台扣款"];
    /// Given back of what it kept.
    Refunds = "refunds" ["扣款退还"];
    /// Paid out.
    Net = "net" ["实得收入"];
    /// Rows of the order file.
    Rows = "rows" ["订单文件行数"];
    /// Root of the tree of these rows.
    Root = "root" ["订单文件根"];
    /// Due from a platform.
    Due = "due" ["应缴金额"];
    /// Paid by a platform.
    Paid = "paid" ["实缴金额"];
    /// Revenue that a platform has declared.
    Revenue = "revenue" ["申报营业额"];
    /// Rate of a prepayment.
    Rate = "rate" ["预缴费率"];
    /// Number of an injury: 32 hexadecimal digits, or the number that the agency uses. Chooses the layout.
    Injury = "injury" ["职业伤害编号", "工伤编号"];
    /// The moment of the accident.
    Occurred = "occurred" ["事故时间"];
    /// The moment of the report.
    Reported = "reported" ["报告时间"];
    /// Who has reported.
    Reporter = "reporter" ["报告人"];
    /// Leaf of the order under way, 64 hexadecimal digits.
    Order = "order" ["订单叶"];
    /// Hash of what is attached to a report, 64 hexadecimal digits.
    Attachment = "attachment" ["附件摘要"];
    /// Step of the agency with an injury.
    Step = "step" ["认定步骤"];
    /// Grade of disability.
    Grade = "grade" ["伤残等级"];
    /// Which way money of a fund moves.
    Way = "way" ["资金方向"];
    /// Programme of a subsidy. Chooses the layout.
    Programme = "programme" ["补贴项目"];
    /// The contribution that a subsidy is reckoned from.
    Contribution = "contribution" ["补贴计算缴费额"];
    /// The share of it.
    Share = "share" ["补贴比例"];
    /// Rule of a warning. Chooses the layout.
    Rule = "rule" ["预警规则"];
    /// Platform or employer that a warning is about.
    Party = "party" ["预警对象"];
    /// What the rule has found.
    Found = "found" ["预警值"];
    /// What the rule wants.
    Wanted = "wanted" ["标准值"];
    /// Hash of the ids of the records that a warning rests on, 64 hexadecimal digits.
    Basis = "basis" ["依据记录摘要"];
    /// By when somebody acts.
    ActBy = "act_by" ["处理期限"];
    /// Number of the warning that ends, 64 hexadecimal digits. Chooses the layout.
    Warning = "warning" ["预警编号"];
    /// How a warning ends.
    Ending = "ending" ["关闭方式"];
    /// Handling agency.
    Agency = "agency" ["经办机构", "经办机构编码", "AAB034"];
    /// Business system.
    System = "system" ["业务系统", "系统编码"];
    /// Serial number of the transaction in that system.
    Serial = "serial" ["业务流水号", "流水号"];
    /// Not read.
    RowNumber = "row" ["序号"];
    /// Not read: names never enter the ledger.
    Name = "name" ["姓名", "AAC003"];
    /// Not read.
    UnitName = "unit_name" ["单位名称", "AAB004"];
    /// Not read: unique inside one system only.
    PersonCode = "person_code" ["个人编号", "人员编号", "AAC001"];
    /// Not read.
    Remark = "remark" ["备注", "AAE013"];
    /// Not read: what the error file adds, so that it can be corrected and imported as it is.
    Error = "error" ["错误说明"];
}

impl Column {
    /// The column that a header cell names. Blanks, also inside, capitals, the star of a required column, and a unit such
    /// as `（元）` behind the name do not matter.
    pub fn find(name: &str) -> Option<Self> {
        let name = plain(name);
        Self::ALL.iter().copied().find(|column| {
            column.english() == name
                || column
                    .aliases()
                    .iter()
                    .any(|alias| alias.eq_ignore_ascii_case(&name))
        })
    }

    /// The usual Chinese name.
    pub const fn chinese(self) -> &'static str {
        match self.aliases() {
            [first, ..] => first,
            [] => self.english(),
        }
    }

    /// The name of a column that a misspelt name is nearest to, if it is near: one letter in three may be wrong.
    pub(crate) fn nearest(name: &str) -> Option<&'static str> {
        let letters = name.chars().count();
        let names = Self::ALL
            .iter()
            .flat_map(|column| column.aliases().iter().copied().chain([column.english()]));
        let (distance, nearest) = names
            .map(|known| (strsim::osa_distance(known, name), known))
            .min_by_key(|(distance, _)| *distance)?;
        (distance * 3 <= letters).then_some(nearest)
    }

    /// Whether nothing is read from it.
    pub(crate) const fn is_unread(self) -> bool {
        matches!(
            self,
            Self::RowNumber | Self::Name | Self::UnitName | Self::PersonCode | Self::Remark
        )
    }

    pub(crate) const fn position(self) -> usize {
        self as usize
    }
}

/// A name without what does not matter in it.
pub(crate) fn plain(name: &str) -> String {
    let mut plain: String = name
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '*' && *c != '\u{feff}')
        .map(|c| c.to_ascii_lowercase())
        .collect();
    for unit in ["(元)", "（元）"] {
        if let Some(without) = plain.strip_suffix(unit) {
            plain.truncate(without.len());
        }
    }
    plain
}

/// A question after a name that is unknown.
pub(crate) fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(", did you mean {name}?"))
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.english())
    }
}

/// A set of columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ColumnSet(u128);

const _: () = assert!(
    Column::COUNT <= 128,
    "each column has a bit of its own in a set"
);

impl ColumnSet {
    pub(crate) const fn of(columns: &[Column]) -> Self {
        let mut set = 0;
        let mut rest = columns;
        while let [first, others @ ..] = rest {
            set |= 1 << first.position();
            rest = others;
        }
        Self(set)
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn has(self, column: Column) -> bool {
        self.0 >> column.position() & 1 == 1
    }
}
