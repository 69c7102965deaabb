# SPDX-License-Identifier: Apache-2.0
"""Findings of the checks of signed XML and of ASiC containers."""

from __future__ import annotations

from typing import Final

from counterseal.judicial.model import Effect, Kind

CANNOT, AGAINST, WITHHOLDS = Effect.INCONCLUSIVE, Effect.CONTRADICTS, Effect.WITHHOLDS
ANYONE: Final = ("anyone",)

XML: Final[dict[str, Kind]] = {
    "container_broken": Kind(
        CANNOT, "the container cannot be read: {reason}", "无法读取容器：{reason}", forgeable_by=ANYONE
    ),
    "container_bytes_outside": Kind(
        AGAINST,
        "there are bytes in the container that belong to no entry",
        "容器中有不属于任何条目的字节",
        "something was put into the container beside its entries",
        ANYONE,
    ),
    "container_two_faces": Kind(
        AGAINST,
        "two readers of this container see different contents: {reason}",
        "不同的读取程序会看到不同的内容：{reason}",
        "the container was made so that what is checked is not what is read",
        ANYONE,
    ),
    "container_path": Kind(
        AGAINST, "an entry would leave the container: {name}", "条目路径越出容器：{name}", forgeable_by=ANYONE
    ),
    "container_too_much": Kind(
        CANNOT, "the container holds more than the desk opens: {reason}", "容器内容超出可打开的范围：{reason}"
    ),
    "container_empty": Kind(CANNOT, "the container holds no document", "容器中没有文件"),
    "container_unsigned_entry": Kind(
        AGAINST,
        "no signature covers this entry",
        "没有签名覆盖此条目",
        "the entry was added beside what was signed",
        ANYONE,
    ),
    "container_documents": Kind(
        Effect.NOTE, "the container holds {count} documents: {names}", "容器内有 {count} 个文件：{names}"
    ),
    "xml_broken": Kind(CANNOT, "this is no well-formed XML: {reason}", "不是格式良好的 XML：{reason}"),
    "xml_entities": Kind(
        AGAINST,
        "the XML declares a document type or entities, which can change what it says",
        "XML 声明了文档类型或实体，可能改变其内容",
        "the text depends on more than the bytes that are signed",
        ANYONE,
    ),
    "xml_unsigned": Kind(WITHHOLDS, "there is no signature in it", "其中没有签名", forgeable_by=ANYONE),
    "xml_signatures_many": Kind(
        CANNOT,
        "it carries {count} signatures; the desk checks up to {most}",
        "含 {count} 个签名，最多检查 {most} 个",
    ),
    "xml_signature_wrong": Kind(
        AGAINST,
        "the signature does not fit what it signs: {reason}",
        "签名与其所签内容不符：{reason}",
        "the content or the signature was changed after signing",
        ANYONE,
    ),
    "xml_signature_odd": Kind(
        CANNOT, "this signature cannot be checked: {reason}", "无法检查此签名：{reason}", forgeable_by=ANYONE
    ),
    "xml_part_signed": Kind(
        AGAINST,
        "the signature covers a part of the document, not the whole",
        "签名只覆盖文档的一部分，而非全部",
        "the rest can say anything",
        ANYONE,
    ),
    "xml_identifiers_twice": Kind(
        AGAINST,
        "two elements share an identifier, so that a signature could be shown over the wrong one",
        "两个元素使用同一标识符，签名可能被误用于另一元素",
        "the document is made for signature wrapping",
        ANYONE,
    ),
    "xml_weak": Kind(
        WITHHOLDS, "the signature uses an algorithm that can be forged: {name}", "签名使用可伪造的算法：{name}"
    ),
    "xml_time_claimed": Kind(Effect.NOTE, "the time of signing is the signer's own word", "签署时间仅为签署人自述"),
}
