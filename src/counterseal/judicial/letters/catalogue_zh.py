# SPDX-License-Identifier: Apache-2.0
"""What letters say in simplified Chinese. Full-width punctuation; a space between Latin and Chinese."""

from __future__ import annotations

from counterseal.judicial.letters.model import SLOT, LetterKind, Words

_K = LetterKind

CHINESE = Words(
    language="zh",
    subjects={
        _K.ACKNOWLEDGEMENT: "[{reference}] 已收到贵机关的请求",
        _K.CLARIFICATION: "[{reference}] 请补充材料",
        _K.REFUSAL: "[{reference}] 无法办理该请求",
        _K.PARTIAL: "[{reference}] 可办理请求的一部分",
        _K.DELIVERY: "[{reference}] 资料包已备妥",
    },
    bodies={
        _K.ACKNOWLEDGEMENT: (
            "我们收到了以贵机关名义提出的{what}，正在核实其真实性。",
            "我们会拨打自有登记簿中的号码联系贵机关，不使用请求中所列的电话和地址。",
            "核实完成之前不提供任何数据，任何期限都不能代替核实。",
            "如该请求并非贵机关发出，请立即告知我们。",
        ),
        _K.CLARIFICATION: (
            "我们收到了以贵机关名义提出的{what}。在继续办理之前，请提供：",
            "{reasons}",
            "在此之前，我们继续保全请求所指的数据，不提供任何数据。",
        ),
        _K.REFUSAL: (
            "我们收到了以贵机关名义提出的{what}，无法办理，原因如下：",
            "{reasons}",
            "本函不表明请求所指之人是否为我们的用户。新的请求将重新审查。",
        ),
        _K.PARTIAL: (
            "我们收到了以贵机关名义提出的{what}，其中以下部分可以办理：",
            "{categories}",
            "其余部分无法办理，原因如下：",
            "{reasons}",
        ),
        _K.DELIVERY: (
            "贵机关请求的答复已备妥，并已用我们去电时贵机关确认的密钥加密，可在 72 小时内下载一次：",
            SLOT,
            "请拨打贵机关已有的我方号码，以电话确认已下载。如资料包已被下载而并非贵机关所为，请立即告知我们。",
        ),
    },
    head={
        "to": "致：{authority}",
        "reference": "我方编号：{reference}",
        "case": "贵方案号（按来函所述）：{case}",
        "received": "收到时间：{received}",
        "time": "%Y年%m月%d日 %H:%M（UTC）",
        "none": "（请填写）",
    },
    foot=("回复时请注明我方编号。本函不含任何用户数据。", "{platform}"),
    types={
        "disclosure": "数据调取请求",
        "emergency": "紧急数据调取请求",
        "preservation": "数据保全请求",
        "freeze": "账户冻结请求",
        "seizure": "资产扣押请求",
        "amendment": "对先前请求的变更",
        "withdrawal": "对先前请求的撤回",
    },
    clarify={
        "case_number": "案号",
        "order": "完整、清晰的文书原件",
        "signature": "带有可验证签名的文书，或由贵机关自有邮箱发出的文书",
        "officer": "承办人员的姓名、部门及其主管",
        "legal_basis": "请求所依据的条款",
        "identifiers": "每位当事人的一个准确标识：账户号、电子邮箱，或带国家代码的电话号码",
        "categories": "按类别列明所需数据",
        "window": "所需数据的起止时间",
        "users": "逐一说明理由，因为请求所指超过 {most} 人",
        "silence": "不通知当事人的依据及其截止时间",
        "delivery_key": "一个公钥（age 或 OpenPGP），我们随后以电话确认",
        "language": "请求的译文",
        "conflict": "两份相互矛盾的文书以何者为准",
        "authenticity": "与贵机关通话：我们尚未能通过登记簿中的号码联系到贵机关",
    },
    refuse={
        "authenticity": "我们无法确认该请求出自贵机关",
        "legal_basis": "未写明允许该请求的条款",
        "scope": "所索取的内容超出所述条款的范围",
        "role": "所述条款适用于其他类型的机关",
        "identifiers": "对当事人的指明可能与他人混淆",
        "channel": "该请求须经中央机关或官方渠道提出",
        "type": "我们不办理此类请求",
        "no_answer": "未收到对我们问题的答复",
        "withdrawn": "该请求已撤回",
        "duplicate": "与贵机关先前的请求相同",
    },
    categories={
        "existence": "账户是否存在",
        "subscriber": "用户基本信息",
        "identification": "用于识别某一时刻用户的数据",
        "traffic": "所述时间内的登录与会话",
        "transactions": "所述时间内的交易",
        "balances": "余额",
        "identity": "身份证件资料",
        "devices": "设备",
        "content": "所述时间内的消息",
    },
    bullet="- ",
    end="；",
    stop="。",
)
