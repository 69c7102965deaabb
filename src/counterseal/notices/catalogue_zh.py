# SPDX-License-Identifier: Apache-2.0
"""What owners read, in simplified Chinese. Full-width punctuation; a space between Latin and Chinese."""

from __future__ import annotations

from counterseal.notices.model import ActionWords, Catalogue, OutflowWords
from counterseal.notices.sentences_zh import CODE, LABELS, NOTICE, PAGE

_ACTIONS = {
    "login": ActionWords("有人登录了您的账户", "有人请求登录您的账户", "登录"),
    "login_new_device": ActionWords(
        "有人在新设备上登录了您的账户", "有人请求在新设备上登录您的账户", "在新设备上登录"
    ),
    "logout": ActionWords("一台设备已退出登录", "一台设备即将退出登录", "退出一台设备"),
    "remove_device": ActionWords("一台设备已移除", "一台设备即将移除", "移除一台设备"),
    "forgot_password": ActionWords(
        "有人未使用旧密码就重设了您的密码", "有人请求在不使用旧密码的情况下重设您的密码", "设置新密码"
    ),
    "change_password": ActionWords("您的密码已更改", "您的密码即将更改", "更改密码"),
    "reset_password": ActionWords("您的密码已重置", "您的密码即将重置", "重置密码"),
    "reset_fundpw": ActionWords("您的资金密码已重置", "您的资金密码即将重置", "重置资金密码"),
    "set_fundpw": ActionWords("已设置资金密码", "即将设置资金密码", "设置资金密码"),
    "change_phone": ActionWords("您的手机号已更换", "您的手机号即将更换", "更换手机号"),
    "bind_phone": ActionWords("您的账户已绑定手机号", "您的账户即将绑定手机号", "绑定手机号"),
    "remove_phone": ActionWords("您的手机号已移除", "您的手机号即将移除", "移除手机号"),
    "change_email": ActionWords("您的邮箱已更换", "您的邮箱即将更换", "更换邮箱"),
    "bind_email": ActionWords("您的账户已绑定邮箱", "您的账户即将绑定邮箱", "绑定邮箱"),
    "remove_email": ActionWords("您的邮箱已移除", "您的邮箱即将移除", "移除邮箱"),
    "disable_totp": ActionWords("您的验证器已停用", "您的验证器即将停用", "停用验证器"),
    "bind_totp": ActionWords("您的账户已绑定验证器", "您的账户即将绑定验证器", "绑定验证器"),
    "replace_totp": ActionWords("您的验证器已更换", "您的验证器即将更换", "更换验证器"),
    "add_passkey": ActionWords("您的账户已添加通行密钥", "您的账户即将添加通行密钥", "添加通行密钥"),
    "remove_passkey": ActionWords("一个通行密钥已移除", "一个通行密钥即将移除", "移除通行密钥"),
    "replace_passkey": ActionWords("您的通行密钥已更换", "您的通行密钥即将更换", "更换通行密钥"),
    "lost_email": ActionWords(
        "有人在无法使用旧邮箱的情况下更换了您的邮箱",
        "有人请求在无法使用旧邮箱的情况下更换您的邮箱",
        "更换已丢失的邮箱",
    ),
    "add_recovery_codes": ActionWords("已生成新的恢复码", "即将生成新的恢复码", "生成新的恢复码"),
    "use_code": ActionWords("有人使用了您的恢复码", "有人请求使用您的恢复码", "使用恢复码"),
    "face_recovery": ActionWords(
        "有人通过人脸核验进入了您的账户", "有人请求通过人脸核验进入您的账户", "通过人脸核验找回账户"
    ),
    "document_recovery": ActionWords(
        "有人通过身份证件进入了您的账户", "有人请求通过身份证件进入您的账户", "通过身份证件找回账户"
    ),
    "support_recovery": ActionWords(
        "有人通过我们的客服进入了您的账户", "有人请求我们的客服让其进入您的账户", "通过客服找回账户"
    ),
    "ask_recovery": ActionWords("有人请求找回您的账户", "有人请求找回您的账户", "申请找回账户"),
    "finish_recovery": ActionWords("您的账户已找回", "您的账户即将完成找回", "完成账户找回"),
    "add_address": ActionWords("已添加一个提币地址", "即将添加一个提币地址", "添加提币地址"),
    "verify_address": ActionWords("一个提币地址已通过验证", "一个提币地址即将通过验证", "验证提币地址"),
    "remove_address": ActionWords("一个提币地址已移除", "一个提币地址即将移除", "移除提币地址"),
    "add_payout": ActionWords("已添加一个收款方式", "即将添加一个收款方式", "添加收款方式"),
    "remove_payout": ActionWords("一个收款方式已移除", "一个收款方式即将移除", "移除收款方式"),
    "create_api_trade": ActionWords(
        "已创建一个可交易的 API 密钥", "有人请求创建可交易的 API 密钥", "创建可交易的 API 密钥"
    ),
    "create_api_withdraw": ActionWords(
        "已创建一个可提币的 API 密钥", "有人请求创建可提币的 API 密钥", "创建可提币的 API 密钥"
    ),
    "remove_api": ActionWords("一个 API 密钥已移除", "一个 API 密钥即将移除", "移除 API 密钥"),
    "mute_push": ActionWords("App 消息已关闭", "App 消息即将关闭", "关闭 App 消息"),
    "freeze": ActionWords("您的账户已冻结", "您的账户即将冻结", "冻结账户"),
    "staff_freeze": ActionWords("我们的专员冻结了您的账户", "我们的专员即将冻结您的账户", "冻结账户"),
    "unfreeze": ActionWords("您的账户已解冻", "有人请求解冻您的账户", "解冻账户"),
    "tighten_lock": ActionWords("您设置了更严格的限制", "即将设置更严格的限制", "设置更严格的限制"),
    "loosen_lock": ActionWords("您的一项限制已放宽", "您的一项限制即将放宽", "放宽限制"),
    "change_guardian": ActionWords("您的守护人已更换", "您的守护人即将更换", "更换守护人"),
    "add_guardian": ActionWords("已添加一位守护人", "即将添加一位守护人", "添加守护人"),
    "remove_guardian": ActionWords("您的守护人已移除", "您的守护人即将移除", "移除守护人"),
    "change_phrase": ActionWords("您的防钓鱼口令已更改", "您的防钓鱼口令即将更改", "更改防钓鱼口令"),
    "change_language": ActionWords("您的语言已更改", "您的语言即将更改", "更改语言"),
    "dispute": ActionWords("您账户的一项变更存在争议", "您账户的一项变更存在争议", "裁定争议"),
    "resolve_dispute": ActionWords("两名专员已裁定您账户的争议", "两名专员正在裁定您账户的争议", "裁定争议"),
    "confirm_session": ActionWords("一次登录已确认为您本人", "一次登录即将确认为您本人", "确认一次登录"),
    "confirm_address": ActionWords("一个提币地址已确认归您所有", "一个提币地址即将确认归您所有", "确认提币地址"),
    "confirm_api_key": ActionWords("一个 API 密钥已确认归您所有", "一个 API 密钥即将确认归您所有", "确认 API 密钥"),
    "confirm_payout": ActionWords("一个收款方式已确认归您所有", "一个收款方式即将确认归您所有", "确认收款方式"),
    "confirm_factors": ActionWords("您的登录方式已确认归您所有", "您的登录方式即将确认归您所有", "确认登录方式"),
    "break_glass": ActionWords(
        "我们的两名专员为协助您打开了您的账户", "我们的两名专员即将为协助您打开您的账户", "打开账户"
    ),
    "end_sessions": ActionWords(
        "为保护您的账户，我们的两名专员已结束您账户的所有登录",
        "我们的两名专员即将结束您账户的所有登录",
        "结束账户的所有登录",
    ),
    "data_disclosed": ActionWords(
        "我们已向有关机关提供您账户的数据", "您账户的数据即将提供给有关机关", "向有关机关提供账户数据"
    ),
    "data_disclosed_forged": ActionWords(
        "您账户的数据被冒充机关的人取得", "有人冒充机关索取您账户的数据", "向有关机关提供账户数据"
    ),
}

_OUTFLOWS = {
    "withdraw": OutflowWords("一笔提币", "一笔 {amount} 的提币", "提币"),
    "withdraw_verified": OutflowWords(
        "一笔转至已验证地址的提币", "一笔转至已验证地址的 {amount} 提币", "提币至已验证地址"
    ),
    "withdraw_api": OutflowWords("一笔 API 提币", "一笔 {amount} 的 API 提币", "通过 API 提币"),
    "internal_transfer": OutflowWords(
        "一笔转给其他用户的转账", "一笔转给其他用户的 {amount} 转账", "转账给其他用户"
    ),
    "gift": OutflowWords("一份赠礼", "一份 {amount} 的赠礼", "赠送"),
    "p2p_release": OutflowWords("一笔 P2P 放币", "一笔 {amount} 的 P2P 放币", "P2P 放币"),
    "card": OutflowWords("一笔卡支付", "一笔 {amount} 的卡支付", "刷卡支付"),
    "fiat_payout": OutflowWords("一笔银行提现", "一笔 {amount} 的银行提现", "提现至银行"),
    "new_payout": OutflowWords(
        "一笔转至新银行账户的提现", "一笔转至新银行账户的 {amount} 提现", "提现至新银行账户"
    ),
    "offmarket_trade": OutflowWords("一笔远离市价的交易", "一笔 {amount} 的远离市价的交易", "进行远离市价的交易"),
}

CHINESE = Catalogue(
    language="zh",
    months=(),
    actions=_ACTIONS,
    outflows=_OUTFLOWS,
    labels=LABELS,
    notice=NOTICE,
    code=CODE,
    page=PAGE,
)
