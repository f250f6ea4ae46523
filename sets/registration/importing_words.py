"""What headings and cells of files mean, in every language of the site: fields by heading, codes by value.

One row a field in HEADINGS, one a code in the tables below; names of languages, countries, kinds and sources come from
the site itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from babel import Locale
from flask_babel import lazy_gettext as _l

from ..languages import LANGUAGES, speaking
from .codes import ORGANISATION_KINDS, SOURCES
from .countries import country_codes
from .people import folded

# What a column can be, in the order of the list, with the name that the page gives it.
FIELDS: dict[str, Any] = {
    "first_name": _l("First name"),
    "last_name": _l("Last name"),
    "full_name": _l("First and last name in one"),
    "email": _l("E-mail address"),
    "organisation": _l("Organisation"),
    "organisation_kind": _l("Kind of organisation"),
    "role": _l("Role"),
    "country": _l("Country"),
    "language": _l("Language of their messages"),
    "training": _l("Training, or several"),
    "session": _l("Date of the session"),
    "submitted_at": _l("Date of the submission"),
    "status": _l("State of the registration"),
    "source": _l("How they heard of us"),
    "news": _l("Wants news: yes or no"),
    "needs": _l("Accessibility needs"),
    "needs_consent": _l("Agreed that we read these needs: yes or no"),
    "attendance": _l("Was there: yes or no"),
}
# More than one column may be these.
SEVERAL = ("training", "attendance")
# Words of headings, folded; the longest that fits decides.
HEADINGS: dict[str, tuple[str, ...]] = {
    "first_name": ("first name", "given name", "forename", "prenom", "nombre de pila", "nombre", "nome"),
    "last_name": ("last name", "surname", "family name", "nom de famille", "nom", "apellido", "apellidos", "cognome"),
    "full_name": ("full name", "name", "your name", "nom complet", "nom et prenom", "prenom et nom", "nom prenom",
                  "prenom nom", "votre nom", "nombre completo", "nombre y apellidos", "nombre y apellido",
                  "nome completo", "nome e cognome", "nome cognome", "cognome e nome"),
    "email": ("e mail", "email", "mail", "e mail address", "email address", "courriel", "adresse e mail",
              "adresse mail", "adresse electronique", "adresse email", "correo", "correo electronico",
              "direccion de correo", "posta elettronica", "indirizzo e mail", "indirizzo email"),
    "organisation": ("organisation", "organization", "company", "structure", "employer", "organisme", "entreprise",
                     "organizacion", "entidad", "empresa", "organizzazione", "ente", "azienda",
                     "nom de la structure", "nom de l organisation", "nom de votre structure",
                     "nom de votre organisation", "name of your organisation", "nombre de la organizacion",
                     "nome dell organizzazione"),
    "organisation_kind": ("kind of organisation", "type of organisation", "type of organization", "kind of structure",
                          "type de structure", "type d organisation", "statut juridique", "forme juridique",
                          "tipo de organizacion", "tipo de entidad", "tipo di organizzazione", "tipo di ente"),
    "role": ("role", "position", "job title", "job", "function", "fonction", "poste", "metier", "cargo", "puesto",
             "funcion", "ruolo", "posizione", "your role", "votre fonction"),
    "country": ("country", "pays", "pais", "paese", "country of residence", "pays de residence"),
    "language": ("language", "langue", "idioma", "lingua", "preferred language", "langue preferee", "mails in",
                 "language of mails", "language of messages", "langue des messages", "langue des mails"),
    "training": ("training", "trainings", "formation", "formations", "curso", "cursos", "corso", "corsi", "formacion",
                 "formazione", "course", "courses", "which training", "quelle formation", "choix de formation"),
    "session": ("session", "date of the session", "session date", "first meeting", "date de session", "date choisie",
                "date de la session", "convocatoria", "fecha del curso", "edizione", "data del corso"),
    "submitted_at": ("submission date", "submitted", "submitted at", "date of submission", "timestamp", "horodateur",
                     "date de soumission", "date d envoi", "date d inscription", "date de reception", "received",
                     "recu le", "fecha de envio", "fecha de inscripcion", "marca temporal", "data di invio",
                     "data di iscrizione", "informazioni cronologiche", "created at", "start date"),
    "status": ("status", "state", "statut", "etat", "estado", "stato"),
    "source": ("heard of it through", "how did you hear", "how did you hear about us", "source",
               "comment avez vous connu", "comment avez vous entendu parler", "como nos conocio",
               "como nos has conocido", "come ci ha conosciuto", "come ci hai conosciuto"),
    "news": ("wants news", "newsletter", "news", "actualites", "infolettre", "lettre d information", "boletin",
             "novedades", "novita"),
    "needs": ("accessibility", "accessibility needs", "special needs", "besoins", "besoins specifiques",
              "besoins d accessibilite", "accessibilite", "necesidades", "accesibilidad", "esigenze",
              "accessibilita", "bisogni"),
    "attendance": ("attendance", "attended", "present", "presence", "presences", "asistencia", "asistio", "presenza",
                   "presenze"),
}  # fmt: skip
YES = ("yes", "y", "true", "1", "x", "ok", "oui", "vrai", "si", "verdadero", "vero", "j accepte", "i agree", "acepto",
       "accetto", "checked", "coche")  # fmt: skip
NO = ("no", "n", "false", "0", "non", "faux", "falso", "je refuse", "unchecked")
STATUSES: dict[str, tuple[str, ...]] = {
    "confirmed": ("confirmed", "accepted", "active", "complete", "completed", "place confirmed", "registered",
                  "confirme", "confirmee", "accepte", "acceptee", "inscrit", "inscrite", "place confirmee", "valide",
                  "confirmado", "confirmada", "aceptado", "inscrito", "plaza confirmada", "confermato", "confermata",
                  "accettato", "iscritto", "iscritta", "posto confermato"),
    "pending": ("pending", "awaiting approval", "en attente de validation", "a valider", "pendiente",
                "in attesa di approvazione"),
    "waiting": ("waiting", "waiting list", "on the waiting list", "liste d attente", "sur liste d attente",
                "en attente", "lista de espera", "en lista de espera", "en espera", "lista d attesa",
                "in lista d attesa", "in attesa"),
    "cancelled": ("cancelled", "canceled", "withdrawn", "annule", "annulee", "desiste", "desistement", "cancelado",
                  "cancelada", "anulado", "annullato", "annullata", "disdetto"),
    "rejected": ("rejected", "refused", "declined", "not accepted", "refuse", "refusee", "non accepte", "rechazado",
                 "rechazada", "no aceptado", "rifiutato", "rifiutata", "non accettato"),
    "expired": ("expired", "expire", "expiree", "caducado", "caducada", "scaduto", "scaduta"),
}  # fmt: skip
MARKS: dict[str, tuple[str, ...]] = {
    "present": (*YES, "present", "presente", "presents", "attended", "asistio", "in person", "online"),
    "partial": ("partial", "in part", "partly", "partiel", "en partie", "partiellement", "parcial", "en parte",
                "parziale", "in parte"),
    "excused": ("excused", "excuse", "excusee", "justificado", "justificada", "giustificato", "giustificata"),
    "absent": (*NO, "absent", "absente", "no show", "ausente", "assente"),
}  # fmt: skip
KINDS: dict[str, tuple[str, ...]] = {
    "association": ("association loi 1901", "associacion", "asociacion", "associazione", "ngo", "ong", "non profit"),
    "cooperative": ("cooperative", "scop", "scic", "cooperativa", "cooperativa sociale"),
    "mutual": ("mutuelle", "mutual", "mutua", "mutualidad"),
    "foundation": ("fondation", "fundacion", "fondazione", "fonds de dotation"),
    "social_enterprise": ("entreprise sociale", "entreprise d insertion", "esus", "empresa social",
                          "impresa sociale"),
    "public_body": ("public", "collectivite", "collectivite territoriale", "administration publique",
                    "administracion publica", "ente pubblico", "pubblica amministrazione"),
    "education": ("university", "universite", "universidad", "universita", "school", "ecole",
                  "organisme de formation"),
    "company": ("company", "entreprise", "empresa", "azienda", "sarl", "sas"),
    "none": ("none", "aucune", "ninguna", "nessuna", "individual", "particulier", "job seeker",
             "demandeur d emploi", "sans emploi"),
    "other": ("other", "autre", "otro", "otra", "altro"),
}  # fmt: skip
COUNTRIES = {
    "uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "usa": "US", "etats unis d amerique": "US",
    "holland": "NL", "hollande": "NL", "czech republic": "CZ", "republique tcheque": "CZ", "ivory coast": "CI",
    "la france": "FR", "france metropolitaine": "FR", "swiss": "CH", "macedonia": "MK",
}  # fmt: skip
NOT_WORD = re.compile(r"[^\w]+|_+")


def plain(text: str) -> str:
    """Return a text as headings and values are compared: folded, without signs, single blanks."""
    return " ".join(NOT_WORD.sub(" ", folded(text)).split())


def field_of_heading(heading: str) -> tuple[str, int]:
    """Return the field that a heading speaks of with the weight of that (0: none): longer words weigh more."""
    words, best = f" {plain(heading)} ", ("", 0)
    for field, names in HEADINGS.items():
        for name in names:
            if words.strip() == name:
                weight = 1000 + len(name)
            elif f" {name} " in words and len(words) <= 3 * len(name) + 40:
                weight = len(name)
            else:
                continue
            if weight > best[1]:
                best = field, weight
    return best


def codes_of(field: str) -> Mapping[str, str]:
    """Return what a field's values mean: the code of each folded word; {} where any text is taken."""
    return _tables().get(field, {})


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, str]]:
    yes_no = _turned({"yes": YES, "no": NO})
    return {
        "language": _languages(),
        "country": _countries(),
        "organisation_kind": _labelled(ORGANISATION_KINDS) | _turned(KINDS),
        "source": _labelled(SOURCES),
        "status": _turned(STATUSES),
        "attendance": _turned(MARKS),
        "news": yes_no,
        "needs_consent": yes_no,
        "yes_no": yes_no,
    }


def _turned(table: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {word: code for code, words in table.items() for word in (*words, plain(code))}


def _labelled(table: dict[str, Any]) -> dict[str, str]:
    found = {plain(code): code for code in table}
    for language in LANGUAGES:
        with speaking(language):
            found |= {plain(str(label)): code for code, label in table.items()}
    return found


def _languages() -> dict[str, str]:
    found: dict[str, str] = {}
    for code, language in LANGUAGES.items():
        found |= {plain(word): code for word in (code, language.locale, language.name)}
        for spoken in LANGUAGES.values():
            name = Locale.parse(spoken.locale).languages.get(code, code)
            found[plain(name)] = code
    return found | {"castellano": "es", "castilian": "es"}


def _countries() -> dict[str, str]:
    found = {code.lower(): code for code in country_codes()}
    for language in LANGUAGES.values():
        names = Locale.parse(language.locale).territories
        found |= {plain(names[code]): code for code in country_codes() if code in names}
    return found | COUNTRIES
