"""What a form makes of a Blueprint's example is the example: what works by API works by form."""

import pytest

from dashboard.forms.schema import form_of
from dashboard.forms.settings import SettingsForm
from provisioning.blueprints import registry


@pytest.mark.parametrize("kind", sorted(registry.BLUEPRINTS))
def test_an_example_goes_through_its_form_unchanged(kind: str) -> None:
    blueprint = registry.get(kind)
    wanted = blueprint.validate(blueprint.example())
    typed = form_of(blueprint.Settings).to_raw(wanted)
    found, problems = SettingsForm(blueprint, typed).validate()
    assert problems == ()
    assert found == wanted
