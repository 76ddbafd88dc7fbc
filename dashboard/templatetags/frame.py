"""Small pieces that many templates show."""

from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the sprite that the bundle contains; decoration only, words stand beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("bundle/icons.svg"),
        name,
    )


@register.filter
def within(title: str) -> str:
    """A title in the middle of a sentence: "public IP addresses", but "S3 prefix"."""
    rest = title.partition(" ")[0][1:]
    spelled = any(each.isupper() or each.isdigit() for each in rest)
    return title if spelled else title[:1].lower() + title[1:]
