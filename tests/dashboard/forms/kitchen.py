"""A small settings model with one field of every kind, and a Blueprint that validates it."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationError

from provisioning.errors import InvalidInput, Problem


class Boil(BaseModel):
    kind: Literal["boil"]
    name: str = Field(min_length=1, examples=["eggs"])
    minutes: int = Field(ge=1, le=60, json_schema_extra={"unit": "min"})
    after: list[str] = Field(default=[], json_schema_extra={"widget": "steps"})


class Bake(BaseModel):
    kind: Literal["bake"]
    name: str
    heat: float = Field(default=180.0, title="Heat", json_schema_extra={"unit": "°C"})
    convection: bool = False
    spices: dict[str, str] = {}


Step = Annotated[Boil | Bake, Field(discriminator="kind")]


class Serving(BaseModel):
    plates: int = 2
    notes: str | None = None


class Recipe(BaseModel):
    source: Literal["steps", "text"] = "steps"
    steps: list[Step] = Field(default=[], json_schema_extra={"show_when": {"source": "steps"}})
    text: str = Field(
        default="", json_schema_extra={"widget": "json", "show_when": {"source": "text"}}
    )
    season: Literal["any", "winter"] = "any"
    helpers: list[str] = []
    serving: Serving = Serving()
    dessert: Serving | None = None


class Kitchen:
    kind = "kitchen"
    Settings = Recipe

    def validate(self, settings):
        try:
            return Recipe.model_validate(settings).model_dump()
        except ValidationError as error:
            raise InvalidInput(
                [Problem(".".join(map(str, e["loc"])), e["msg"]) for e in error.errors()]
            ) from error
