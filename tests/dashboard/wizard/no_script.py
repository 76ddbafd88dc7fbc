"""A browser that runs no scripts: it fills the inputs of a page and presses its buttons."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """The form of the wizard: what it would post, and the buttons it has."""

    def __init__(self, html):
        super().__init__()
        self.values, self.boxes, self.buttons = {}, {}, []
        self._form = self._area = self._select = self._script = None
        self.html, self.text = html, ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form":
            self._form = a.get("id")
        if tag in ("script", "style"):
            self._script = tag
        if self._form != "wizard" or (tag == "input" and "name" not in a):
            return
        if tag == "input" and a.get("type") in ("checkbox", "radio"):
            self.boxes.setdefault(a["name"], []).append(a["value"])
            if "checked" in a:
                self.values[a["name"]] = a["value"]
        elif tag == "input":
            self.values[a["name"]] = a.get("value", "")
        elif tag == "textarea":
            self._area = a["name"]
            self.values[self._area] = ""
        elif tag == "select":
            self._select = a["name"]
        elif tag == "option" and self._select:
            if "selected" in a or self._select not in self.values:
                self.values[self._select] = a["value"]
        elif tag == "button" and "disabled" not in a:
            self.buttons.append(a.get("value", ""))

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        if tag == "textarea" and self._area:
            self.values[self._area] = self.values[self._area].removeprefix("\n")
            self._area = None
        if tag == "select":
            self._select = None
        if tag == self._script:
            self._script = None

    def handle_data(self, data):
        if self._area:
            self.values[self._area] += data
        elif not self._script:
            self.text += data


class Browser:
    def __init__(self, client):
        self.client = client

    def open(self, url):
        return self._show(self.client.get(url, follow=True))

    def press(self, button, **typed):
        assert button in self.page.buttons, f"no button {button} among {self.page.buttons}"
        self.fill(**typed)
        answer = self.client.post(self.url, {**self.page.values, "do": button}, follow=True)
        return self._show(answer)

    def fill(self, **typed):
        """Dots of names are written as two underscores: settings__source."""
        for name, value in typed.items():
            name = name.replace("__", ".")
            assert name in self.page.values or name in self.page.boxes, f"no input {name}"
            self.page.values[name] = value

    def _show(self, answer):
        self.status = answer.status_code
        if answer.redirect_chain:
            self.url = answer.redirect_chain[-1][0].partition("#")[0]
        else:
            self.url = answer.request["PATH_INFO"]
        self.page = Page(answer.content.decode())
        return self.page
