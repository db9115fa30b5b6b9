"""Everything that reading a text needs, loaded before the first one comes."""

from services.policy.text import language
from services.policy.text.lexicon import Lexicon, lexicon
from services.policy.text.scorer import scales


def prepared() -> Lexicon:
    """The rules, once the weights and the model of languages are loaded as well; what fails, fails here."""
    language.prepare()
    scales()
    return lexicon()
