"""The ready-made texts that a campaign can begin with, in each language of the site. They are copied, then edited.

What the team has to write itself stands in double brackets, `[[…]]`: the editor and the check before sending show it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from .models import Audience

GAP = re.compile(r"\[\[[^\]]+\]\]")
GREETING = "{greeting}"
SIGNED = "{coordinator}"
_TIGHT = re.compile(r" (?=[:;?!»])|(?<=«) ")


@dataclass(frozen=True)
class ReadyText:
    """One ready-made text. `texts` are subject and Markdown by language."""

    key: str
    title: Any
    hint: Any
    texts: Mapping[str, tuple[str, str]]
    audience: str = Audience.REGISTRATIONS
    catch_up: bool = True


def gaps_in(*texts: str) -> list[str]:
    """Return what stands in double brackets and waits to be written, each once."""
    return list(dict.fromkeys(gap for text in texts for gap in GAP.findall(text)))


def ready_texts(audience: str) -> list[ReadyText]:
    """Return the ready-made texts for that audience, in the order in which a session needs them."""
    return [ready for ready in READY.values() if ready.audience == audience]


def _text(language: str, subject: str, *paragraphs: str) -> tuple[str, str]:
    body = "\n\n".join((GREETING, *paragraphs, SIGNED))
    if language == "fr":
        subject, body = _TIGHT.sub("\N{NO-BREAK SPACE}", subject), _TIGHT.sub("\N{NO-BREAK SPACE}", body)
    return subject, body


def _texts(**languages: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    return {language: _text(language, *words) for language, words in languages.items()}


YOUR_LINK = _texts(
    fr=(
        "Votre lien pour « {training} »",
        "Nous nous retrouvons bientôt en ligne : **{next_meeting}**.",
        "[Entrer dans la salle]({join_link})",
        "Ce lien est le vôtre. Il ouvre la salle 30 minutes avant le début et reste le même si la salle change.",
        "Un empêchement ? Libérez votre place depuis [votre page]({my_page}) : elle ira à quelqu’un d’autre.",
        "À bientôt,",
    ),
    en=(
        "Your link for “{training}”",
        "We meet online soon: **{next_meeting}**.",
        "[Enter the room]({join_link})",
        "This link is yours. It opens the room 30 minutes before we begin, and stays the same if the room changes.",
        "Unable to come? Give your place back on [your page]({my_page}): it goes to somebody else.",
        "See you soon,",
    ),
    es=(
        "Su enlace para «{training}»",
        "Nos vemos pronto en línea: **{next_meeting}**.",
        "[Entrar en la sala]({join_link})",
        "Este enlace es suyo. Abre la sala 30 minutos antes del comienzo y sigue siendo el mismo si cambia la sala.",
        "¿No puede asistir? Deje libre su plaza desde [su página]({my_page}): será para otra persona.",
        "Hasta pronto,",
    ),
    it=(
        "Il tuo link per «{training}»",
        "Ci vediamo presto online: **{next_meeting}**.",
        "[Entra nella sala]({join_link})",
        "Questo link è solo tuo. Apre la sala 30 minuti prima dell’inizio e resta lo stesso se la sala cambia.",
        "Non puoi partecipare? Libera il tuo posto dalla [tua pagina]({my_page}): andrà a un’altra persona.",
        "A presto,",
    ),
)
REMINDER = _texts(
    fr=(
        "Rappel : « {training} »",
        "Un petit rappel : **{next_meeting}**.",
        "[Entrer dans la salle]({join_link})",
        "Prévoyez quelques minutes d’avance pour vérifier le son. Si vous ne pouvez plus venir, dites-le-nous depuis "
        "[votre page]({my_page}).",
        "À bientôt,",
    ),
    en=(
        "Reminder: “{training}”",
        "A short reminder: **{next_meeting}**.",
        "[Enter the room]({join_link})",
        "Come a few minutes early to check your sound. If you can no longer come, tell us on [your page]({my_page}).",
        "See you soon,",
    ),
    es=(
        "Recordatorio: «{training}»",
        "Un breve recordatorio: **{next_meeting}**.",
        "[Entrar en la sala]({join_link})",
        "Conéctese unos minutos antes para comprobar el sonido. Si ya no puede asistir, díganoslo desde "
        "[su página]({my_page}).",
        "Hasta pronto,",
    ),
    it=(
        "Promemoria: «{training}»",
        "Un breve promemoria: **{next_meeting}**.",
        "[Entra nella sala]({join_link})",
        "Collegati qualche minuto prima per controllare l’audio. Se non puoi più partecipare, faccelo sapere dalla "
        "[tua pagina]({my_page}).",
        "A presto,",
    ),
)
PRACTICAL = _texts(
    fr=(
        "Informations pratiques : « {training} »",
        "Notre prochaine rencontre : **{next_meeting}**. Voici de quoi bien vous préparer.",
        "- Il vous faut un ordinateur ou un téléphone, et si possible un casque.\n"
        "- À préparer : [[ce qu’il faut lire ou apporter]]\n"
        "- Pour entrer : [votre lien]({join_link})",
        "Vos dates et vos documents se trouvent sur [votre page]({my_page}).",
        "À bientôt,",
    ),
    en=(
        "Practical information: “{training}”",
        "Our next meeting: **{next_meeting}**. Here is what helps you to prepare.",
        "- You need a computer or a telephone, and headphones if you can.\n"
        "- To prepare: [[what to read or to bring]]\n"
        "- To enter: [your link]({join_link})",
        "Your dates and your documents are on [your page]({my_page}).",
        "See you soon,",
    ),
    es=(
        "Información práctica: «{training}»",
        "Nuestro próximo encuentro: **{next_meeting}**. Esto le ayudará a prepararse.",
        "- Necesita un ordenador o un teléfono y, si es posible, auriculares.\n"
        "- Para preparar: [[lo que hay que leer o traer]]\n"
        "- Para entrar: [su enlace]({join_link})",
        "Sus fechas y sus documentos están en [su página]({my_page}).",
        "Hasta pronto,",
    ),
    it=(
        "Informazioni pratiche: «{training}»",
        "Il nostro prossimo incontro: **{next_meeting}**. Ecco come prepararti.",
        "- Ti serve un computer o un telefono e, se possibile, delle cuffie.\n"
        "- Da preparare: [[che cosa leggere o portare]]\n"
        "- Per entrare: [il tuo link]({join_link})",
        "Le tue date e i tuoi documenti sono sulla [tua pagina]({my_page}).",
        "A presto,",
    ),
)
CHANGE = _texts(
    fr=(
        "Un changement : « {training} »",
        "Quelque chose change pour votre session : [[ce qui change]]",
        "Le reste ne change pas. Prochaine rencontre : **{next_meeting}**. [Votre lien]({join_link}) reste le même.",
        "Si cela ne vous convient pas, [votre page]({my_page}) vous permet de changer de date ou de libérer "
        "votre place.",
        "Merci de votre compréhension,",
    ),
    en=(
        "A change: “{training}”",
        "Something changes for your session: [[what changes]]",
        "The rest stays as it was. Next meeting: **{next_meeting}**. [Your link]({join_link}) stays the same.",
        "If this does not suit you, change the date or give your place back on [your page]({my_page}).",
        "Thank you for your understanding,",
    ),
    es=(
        "Un cambio: «{training}»",
        "Algo cambia en su convocatoria: [[lo que cambia]]",
        "Lo demás sigue igual. Próximo encuentro: **{next_meeting}**. [Su enlace]({join_link}) es el mismo.",
        "Si no le conviene, desde [su página]({my_page}) puede cambiar de fecha o dejar libre su plaza.",
        "Gracias por su comprensión,",
    ),
    it=(
        "Un cambiamento: «{training}»",
        "Cambia qualcosa nella tua edizione: [[che cosa cambia]]",
        "Il resto non cambia. Prossimo incontro: **{next_meeting}**. [Il tuo link]({join_link}) resta lo stesso.",
        "Se così non ti va bene, dalla [tua pagina]({my_page}) puoi cambiare data o liberare il tuo posto.",
        "Grazie della comprensione,",
    ),
)
MATERIAL = _texts(
    fr=(
        "Les documents de « {training} »",
        "Merci d’avoir suivi « {training} ».",
        "Les documents et, s’il existe, l’enregistrement se trouvent sur [votre page]({my_page}).",
        "Une question sur ce que nous avons vu ? Répondez simplement à ce message.",
        "À bientôt,",
    ),
    en=(
        "The material of “{training}”",
        "Thank you for following “{training}”.",
        "The material, and the recording if there is one, are on [your page]({my_page}).",
        "A question about what we saw? Simply answer this message.",
        "See you soon,",
    ),
    es=(
        "Los materiales de «{training}»",
        "Gracias por haber seguido «{training}».",
        "Los materiales y, si la hay, la grabación están en [su página]({my_page}).",
        "¿Tiene alguna pregunta sobre lo que vimos? Responda simplemente a este mensaje.",
        "Hasta pronto,",
    ),
    it=(
        "I materiali di «{training}»",
        "Grazie di aver seguito «{training}».",
        "I materiali e, se c’è, la registrazione sono sulla [tua pagina]({my_page}).",
        "Hai una domanda su quello che abbiamo visto? Rispondi a questo messaggio.",
        "A presto,",
    ),
)
THANKS = _texts(
    fr=(
        "Merci, et votre avis sur « {training} »",
        "Merci d’avoir suivi « {training} » avec nous.",
        "Que garderez-vous, que faut-il changer ? Quelques minutes suffisent : [[l’adresse du questionnaire]]",
        "Vos réponses servent à améliorer les prochaines sessions.",
        "Bien à vous,",
    ),
    en=(
        "Thank you, and your opinion of “{training}”",
        "Thank you for following “{training}” with us.",
        "What will you keep, what should change? A few minutes are enough: [[the address of the questionnaire]]",
        "Your answers help to make the next sessions better.",
        "Kind regards,",
    ),
    es=(
        "Gracias, y su opinión sobre «{training}»",
        "Gracias por haber seguido «{training}» con nosotros.",
        "¿Qué le ha servido, qué habría que cambiar? Bastan unos minutos: [[la dirección del cuestionario]]",
        "Sus respuestas ayudan a mejorar las próximas convocatorias.",
        "Un cordial saludo,",
    ),
    it=(
        "Grazie, e la tua opinione su «{training}»",
        "Grazie di aver seguito «{training}» con noi.",
        "Che cosa ti è servito, che cosa va cambiato? Bastano pochi minuti: [[l’indirizzo del questionario]]",
        "Le tue risposte aiutano a migliorare le prossime edizioni.",
        "Un caro saluto,",
    ),
)
NEW_DATES = _texts(
    fr=(
        "De nouvelles dates de formation",
        "Vous nous avez demandé des nouvelles des formations : de nouvelles dates sont ouvertes.",
        "[[les formations et leurs dates]]",
        "L’inscription est gratuite et prend une minute. Faites passer le message autour de vous.",
        "À bientôt,",
    ),
    en=(
        "New training dates",
        "You asked us for news of the trainings: new dates are open.",
        "[[the trainings and their dates]]",
        "Registering is free and takes a minute. Please pass this on to those around you.",
        "See you soon,",
    ),
    es=(
        "Nuevas fechas de los cursos",
        "Nos pidió noticias de los cursos: hay nuevas fechas abiertas.",
        "[[los cursos y sus fechas]]",
        "La inscripción es gratuita y lleva un minuto. Comparta este mensaje con quien le pueda interesar.",
        "Hasta pronto,",
    ),
    it=(
        "Nuove date dei corsi",
        "Ci hai chiesto notizie dei corsi: sono aperte nuove date.",
        "[[i corsi e le loro date]]",
        "L’iscrizione è gratuita e richiede un minuto. Passa parola a chi può essere interessato.",
        "A presto,",
    ),
)
READY: dict[str, ReadyText] = {
    ready.key: ready
    for ready in (
        ReadyText("your_link", _l("Your link"), _l("The next meeting and one’s own link into the room."), YOUR_LINK),
        ReadyText("reminder", _l("Reminder"), _l("Shorter, shortly before a meeting."), REMINDER),
        ReadyText(
            "practical", _l("Practical information"), _l("What to prepare, what one needs, how to enter."), PRACTICAL
        ),
        ReadyText("change", _l("A change"), _l("What changes, what stays, and a way out."), CHANGE),
        ReadyText(
            "material", _l("Material after the session"), _l("Documents and recording, on one’s own page."), MATERIAL
        ),
        ReadyText(
            "thanks", _l("Thank you and evaluation"), _l("Thanks, and the address of a questionnaire."), THANKS,
            catch_up=False,
        ),
        ReadyText(
            "new_dates", _l("New dates"), _l("To those who asked for news."), NEW_DATES, audience=Audience.NEWS,
            catch_up=False,
        ),
    )
}  # fmt: skip
