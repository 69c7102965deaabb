# SPDX-License-Identifier: Apache-2.0
"""Findings about what a PDF holds: code, layers, attachments, hidden text."""

from __future__ import annotations

from typing import Final

from counterseal.judicial.model import Effect, Kind

KEPT, NOTE = Effect.WITHHOLDS, Effect.NOTE
ANYONE: Final = ("anyone",)

CONTENT: Final[dict[str, Kind]] = {
    "active_code": Kind(
        KEPT,
        "the document holds code that can change what it shows: {what}",
        "文档含可改变显示内容的代码：{what}",
        "what is seen need not be what was signed",
        ANYONE,
    ),
    "active_launch": Kind(
        KEPT,
        "the document can start programs or send data: {what}",
        "文档可启动程序或发送数据：{what}",
        "opening it outside the desk is dangerous",
        ANYONE,
    ),
    "active_form": Kind(
        KEPT,
        "the document has a form of another kind (XFA), which programs show differently",
        "文档含 XFA 表单，不同程序显示不同",
        forgeable_by=ANYONE,
    ),
    "media_inside": Kind(
        KEPT, "the document holds moving or three-dimensional content: {what}", "文档含动态或三维内容：{what}"
    ),
    "opens_at": Kind(NOTE, "the document opens at a place of its own", "文档打开时跳转到指定位置"),
    "links_out": Kind(NOTE, "the document has {count} links to elsewhere", "文档含 {count} 个外部链接"),
    "attachments": Kind(
        NOTE, "{count} files are attached; they were not examined", "附有 {count} 个文件，未作检查"
    ),
    "embedded_documents": Kind(
        NOTE,
        "{count} documents are embedded ({names}); each is a document of its own, with a verdict of its own",
        "内嵌 {count} 份文档（{names}）；每份须单独检查、单独结论",
        "nothing about those documents but that they came within this one",
    ),
    "embedded_unseen": Kind(
        KEPT,
        "{count} files within it were not looked at ({reason}); ask the sender for each as a file of its own",
        "内含 {count} 个文件未被检查（{reason}）；请让发件人逐个发送",
        "what is in them is shown by some programs, and nobody looked at it",
    ),
    "embedded_deep": Kind(
        KEPT,
        "it came within another document, and the documents within it were not taken out; ask for them one by one",
        "本文档来自另一文档，其内嵌文档未被取出；请让发件人逐个发送",
    ),
    "layers": Kind(NOTE, "the document has {count} layers, all of them shown", "文档有 {count} 个图层，均显示"),
    "layers_hidden": Kind(
        KEPT,
        "layers are hidden, or shown on paper and screen differently: {names}",
        "图层被隐藏，或打印与屏幕显示不同：{names}",
        "the file can show something else than what is seen",
        ANYONE,
    ),
    "hidden_text": Kind(
        NOTE,
        "text stands on the pages that people do not see: {how}",
        "页面上有人眼看不到的文字：{how}",
    ),
    "template_mark": Kind(
        NOTE,
        "by these marks a document that is made from this one, or like it, is recognised",
        "用于识别由本文档改成或与其同源的文档的标记",
    ),
    "template_copied": Kind(
        KEPT,
        "it has {what} of {count} earlier documents, but other words",
        "与 {count} 份此前收到的文档有相同的{what}，但文字不同",
        "it was made from them, or by whoever makes them; who has seen one order can make such a copy",
        ("forged_order",),
    ),
    "content_unread": Kind(
        NOTE, "what the document holds could not be searched through ({reason})", "无法检查文档内容（{reason}）"
    ),
}
