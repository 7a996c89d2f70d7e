"""Names that a city keeps for itself, and words that make a person look twice."""

from panggon.core.naming import doubtful_words, label_faults


def test_the_city_keeps_names_beside_ours():
    (fault,) = label_faults("Walikota", reserved=("walikota",))
    assert (fault.code, fault.facts["name"]) == ("label.reserved", "walikota")
    assert label_faults("walikota") == ()


def test_words_of_warning_refuse_nothing():
    assert doubtful_words("Pemilu-2027", ("pemilu", "bansos")) == ("pemilu",)
    assert label_faults("pemilu-2027") == ()
    assert doubtful_words("dinsos", ("pemilu",)) == ()
