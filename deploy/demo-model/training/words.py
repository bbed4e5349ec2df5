"""Names, products, numbers, dates: what a text is about.

Every value belongs to one side, `train` or `heldout`, and a generator for one side never yields a value of the
other. Invented words and numbers are divided by a hash of the value itself, so the division needs no list and
holds for any seed; real words are divided by two lists.
"""

import re
import zlib
from random import Random

TRAIN = "train"
HELDOUT = "heldout"

_ONSETS = "b br c ch d dr f fl g gr h j k kl l m n p pr qu r s sh sk st t th tr v w y z".split()
_VOWELS = "a e i o u a e i o ai ea ia oo ou".split()
_CODAS = ["", "", "", "n", "r", "l", "s", "t", "m", "nd", "rk", "ck", "th", "x"]

_FIRST_NAMES = {
    TRAIN: """James Mary Robert Linda Michael Susan David Karen Sarah Daniel Nancy Mark Emily Paul Laura Kevin Anna
        Brian Julia George Sofia Peter Elena Thomas Maria Andrew Clara Stefan Nadia Omar Leila Hassan Yuki Kenji Mei
        Wei Priya Arjun Ravi Fatima Ahmed Ingrid Lars Olga Ivan Marta Pedro Lucia Carlos Ines Jean Claire Luc Amelie
        Hans Greta Otto Frieda Marco Giulia Paolo Chiara Tomasz Zofia""".split(),
    HELDOUT: """Oliver Hannah Victor Teresa Samuel Irene Dmitri Aisha Bruno Helga Rosa Nikhil Sven Noor Felix
        Camille Mateo Yara Edith Walter""".split(),
}
_LAST_NAMES = {
    TRAIN: """Smith Johnson Brown Taylor Miller Wilson Moore Clark Lewis Walker Hall Young King Wright Green Baker
        Adams Nelson Carter Mitchell Turner Parker Collins Morris Murphy Cook Rogers Cooper Garcia Martinez Lopez
        Gonzalez Silva Santos Costa Rossi Ferrari Bianchi Muller Schmidt Weber Fischer Becker Novak Kowalski Petrov
        Ivanov Tanaka Suzuki Sato Chen Wang Zhang Kumar Singh Patel Khan Hansen Larsen Nilsson""".split(),
    HELDOUT: """Harrison Foster Bennett Ramirez Oliveira Moretti Hoffmann Dvorak Sokolov Yamamoto Huang Sharma
        Rahman Eriksson Virtanen Dubois Okafor Mensah Haddad Lindqvist""".split(),
}
_PRODUCT_NOUNS = {
    TRAIN: """Kettle Lamp Heater Blender Router Keyboard Monitor Speaker Headset Camera Printer Scanner Drill Sander
        Mower Grill Oven Fridge Freezer Washer Dryer Vacuum Purifier Humidifier Thermostat Tablet Phone Charger
        Projector Scale Watch Bike Scooter Helmet Tent Backpack Suitcase Chair Desk Shelf Sofa Mattress Guitar Piano
        Microphone Tripod Telescope Mixer Juicer Grinder""".split(),
    HELDOUT: """Toaster Hairdryer Radio Laptop Doorbell Treadmill Wardrobe Stroller Violin Dishwasher Soundbar Binoculars
        Saw Lantern Rower Cooker""".split(),
}
_PARTS = {
    TRAIN: """lid|handle|screen|hinge|battery|power cable|fan|motor|display|touch panel|left wheel|right wheel|zip|
        strap|button|remote control|door seal|water tank|filter|blade|stand|charging port|speaker grille|microphone|
        fuse|heating plate|thermostat|drawer|front panel|back cover|adapter|antenna|volume knob|paper tray|lens|latch|
        pump|hose|brake|pedal|cushion|frame|belt|sensor|timer|status light|pressure valve|memory card|ink cartridge|
        shelf bracket|start switch|usb socket|cooling fan|main board|inner bowl|rubber foot|glass plate""",
    HELDOUT: """hand grip|rear axle|dust cover|control dial|side pocket|carrying case|drive belt|warning lamp|
        mounting plate|drain plug|spray arm|wall bracket|cutting disc|keypad|ear cushion|safety lock""",
}
_DEFECTS = {
    TRAIN: """is cracked|does not close|keeps squeaking|stays dark|is missing|leaks water|makes a grinding noise|
        gets too hot|does not charge|came loose|is bent|has a deep scratch|stopped working after a week|
        smells of burning|does not respond|keeps falling off|is the wrong colour|arrived broken|is stuck|
        rattles loudly|flickers all the time|will not switch on|turns itself off|loses power|has rust on it|
        does not fit|is torn|blocks after a minute|shows error code {code}|vibrates too much|overheats quickly|
        is dented|slips under load|does not lock|drips on the floor|is too short|cannot be removed|
        reacts very slowly|broke on the second day|cracked in the opening hour|came off at the seam|
        is worn at the corner|failed on the third try|is loose at the joint|peels off on the inside|tore at the bottom|
        was bent on the way|gave up on the trip|jams every morning|was never in the box|shuts down without warning|
        fails every second day""",
    HELDOUT: """is split at the edge|does not turn|keeps beeping|wobbles badly|is covered in stains|lets air in|
        snapped on the first day|blinks red|refuses to start|has come unglued|will not stay open|hums all night|
        freezes every hour|is scratched all over""",
}
_WORDS = """able about above accept across action active actor advice after again agree ahead air alarm album alert
    alone along alpha amber amount angle animal answer apple april apron arch area arm arrow art ask atlas attach auto
    award away axis back bacon badge bag ball balloon band bank bar barrel base basket bath beach bead beam bean bear
    beat beaver bed bee bell bench berry best bicycle big bird bit black blanket block bloom blue board boat body bolt
    bone book boot border boss bottle bottom bowl box brace branch brand brass bread breeze brick bridge bright bring
    bronze broom brown brush bubble bucket bud buffer build bulb bump bundle burn bus bush butter cabin cabinet cake
    call calm canal candle canvas cap captain car card care cargo carpet carry cart case castle cat catch cell cement
    center chain chalk chance change chapter charm chart chase cheese cherry chest chicken child chip circle citrus
    city claim clay clean clear clever cliff climb clip clock cloth cloud clover club coach coal coast coat cobalt code
    coffee coil coin cold collar color column comet common copper coral cord core corn corner cotton couch count
    country cover cow crane cream creek crew crop cross crown cruise cube cup curl current curtain curve custom cycle
    dance dark dash data dawn day deal deep deer delta den depth derby design detail dial diamond dice dinner dish
    dive dock dog dollar dolphin dome door dot double dove draft dragon draw dream dress drift drive drop drum duck
    dune dust eagle ear early earth east easy echo edge egg eight elbow elder elm ember empty end energy engine
    entry equal error estate even event exit extra eye fabric face fact fair falcon fall family farm fast feather
    fence fern ferry field fifth fig file film final find fine finger fire firm first fish five flag flame flash flat
    fleet flint float flock flood floor flour flow flower fly foam focus fog fold folk food foot force forest fork
    form fort forward fountain fox fresh friend frog front frost fruit fuel full fun funnel future galaxy game
    garden garlic gas gate gear gem giant ginger glacier glad globe glove glow goal goat gold good goose grain grand
    grape graph grass gravel great green grey grid grip ground group grove guard guest guide gulf half hall hammer
    hand harbor hard harp harvest hat hawk hay hazel head heart heat heavy hedge hen herb hero high hill hobby hold
    hole hollow home honey hood hook hope horn horse hotel hour house hub human hunt ice idea inch index ink inn
    iron island ivory ivy jacket jade jar jazz jelly jet jewel job join joint joy judge jump june jungle junior jury
    keen keep key kind kingdom kit kite knee knife knot label lace ladder lake lamb lance land lane large laser last
    late laugh launch lava lawn layer lead leaf league lean leather ledge left legend lemon lens letter level lever
    light lily lime line link lion liquid list little live load loaf local lock log long loop lotus loud low loyal
    lucky lunar lunch magic magnet mail main maker mango map maple marble march mark market marsh mask master match
    meadow meal melody melon memory mental menu merit metal meter middle mile milk mill mind mine mint mirror mist
    model modern moment money month moon moss motion mountain mouse mouth move mud museum music mustard narrow nation
    native nature neck needle nest net never new night noble north nose note novel number nurse oak oasis oat ocean
    olive onion open opera orange orbit orchard organ otter outer oval owl oxygen oyster page paint pair palace palm
    panda paper park parrot part party path peace peach peak pear pearl pebble pen pepper perfect phase piano pick
    picnic pigeon pilot pine pink pipe pizza place plain plan planet plant plate player plum pocket poem point polar
    pole pond pony pool port portal post pot powder power prime prince print prism prize profit proud pulse pump
    pupil puzzle quarter queen quick quiet quilt rabbit race rack rail rain ranch range rapid raven ray reader ready
    record red reef relay rest rice rich ride ridge right ring ripple rise river road robin rock rocket roll roof room
    root rope rose rotor round row royal ruby rug rule run rush rust safe sail salad salmon salt sand satin sauce
    scene school science scout sea seal season seat second seed seven shade shadow shape sharp shell shield shine ship
    shirt shoe shop shore short show side sign silk silver simple siren sister six skill skin sky sleep slice slope
    small smart smile smoke snow soap soccer social sock soft soil solar solid song soul soup south space spark spear
    speed spell spice spider spin spirit spoon sport spot spring square stable stack staff stage stair star state
    steam steel stem step stick still stone stool store storm story stove straw stream street string strong studio
    style sugar suit summer summit sun super surf swan sweet swift swim sword symbol table tail talent tall tango
    target team tempo tennis term terrace theme thick thin third thorn thread three thunder tide tiger tile timber
    tin tip toe tomato tone tool tooth top torch total tower town track trade trail train travel tree trend trial
    tribe trick trip trout truck true trumpet trunk trust tulip tunnel turbo turkey turn turtle twin two type ultra
    umbrella uncle under union unit upper urban valley value vapor vase vault velvet venture verse vessel view villa
    vine vinyl violet vision visit vital voice voyage wagon walk wall walnut warm wash water wave wax way wealth
    weather web week west whale wheat wheel whisper white wide wild willow wind window wine wing winner winter wire
    wise wolf wonder wood wool word work world yard year yellow young zebra zenith zero zone"""
# What a sentence may begin with. None of them is ever a name: a capital there is no part of one.
OPENERS = """About Above Across After Again Against Ago All Along Already Also Although Always And Another Any Around As
    At Away Back Because Before Behind Below Beside Between Both But By Certainly Concerning Despite During Each Either
    Even Every Finally First For From Further Had Has Have He Hence Here However If In Indeed Inside Instead Into It Its
    Last Lately Later Like Luckily Many Maybe More Most My Near Neither Never Next No Nobody None Not Nothing Now Of Off
    Often On Once One Only Onto Or Other Our Out Outside Over Per Perhaps Please Quite Rather Recently Regarding Sadly
    Several She Since So Some Somebody Someone Soon Still Such Than That The Their Then There Therefore These They This
    Those Though Through Thus Till To Today Together Tomorrow Too Toward Towards Two Under Unless Unlike Until Up Upon
    Usually Very Via Was We Well Were What When Whenever Where Whereas Whether Which While Who Why With Within Without
    Yes Yesterday Yet You Your
    Accepted Added Approved Asked Billed Booked Bought Brought Cancelled Charged Checked Chosen Closed Collected
    Confirmed Copied Counted Dated Delivered Dispatched Entered Filed Found Given Handed Handled Kept Listed Logged Made
    Mailed Marked Noted Opened Ordered Owned Packed Paid Placed Posted Printed Purchased Put Received Recorded Refunded
    Registered Repaired Replaced Reported Returned Saved Scanned Seen Sent Settled Shipped Signed Sold Stamped Started
    Stopped Stored Taken Told Typed Used Written
    Account Agent Amount Article Bill Buyer Caller Card Case Cash Clerk Client Colleague Customer Date Day Delivery Desk
    Item Money Name Number Office Order Parcel Payment Price Product Purchase Reference Refund Repair Report Return Sale
    Shipment Shipping Sum Support Ticket Total Value""".split()
_OPENERS = {opener.lower() for opener in OPENERS}
_SHORT_OPENERS = [opener for opener in OPENERS if len(opener) <= 5]
_MONTHS = """January February March April May June July August September October November December""".split()


def side_of(value: str) -> str:
    """The side an invented word or a number belongs to: one in eight is held out."""
    return HELDOUT if zlib.crc32(value.encode()) % 8 == 0 else TRAIN


def _lines(block: str) -> list[str]:
    return [" ".join(item.split()) for item in block.split("|")]


_SMALL_WORDS = """on on on on in in in at at to of for with after from over out up off by as not and when under near worth
    again behind until since like through without before""".split()

# How often a name is a real one. Few in training: a name that is known is recalled, one that is not must be copied.
_REAL = {TRAIN: 0.15, HELDOUT: 0.4}
_LETTERS = "eeeeeeaaaaaiiiiooootttnnnsssrrrllldddhhcccmmmuuupppggbbfffyywwvkxzqj"

PARTS = {side: _lines(block) for side, block in _PARTS.items()}
DEFECTS = {side: _lines(block) for side, block in _DEFECTS.items()}

EVERYDAY = sorted(set(re.findall(
    r"[a-z]{2,}", " ".join(PARTS[TRAIN] + DEFECTS[TRAIN] + _FIRST_NAMES[TRAIN] + _LAST_NAMES[TRAIN]
                           + _PRODUCT_NOUNS[TRAIN] + _WORDS.split()).lower())))
_RESERVED = {word.lower() for words in (_FIRST_NAMES, _LAST_NAMES, _PRODUCT_NOUNS) for word in words[HELDOUT]}


class Pieces:
    """What a tokenizer's words are made of: pieces a word starts with, and pieces it goes on with.

    A piece that no invented word happens to contain would keep the vector it was born with, and no text that has it
    could be copied. Words put together from pieces give each its turn.
    """

    def __init__(self, vocabulary: list[str]):
        self.first = sorted({piece.removeprefix("\u0120").lower() for piece in vocabulary
                             if re.fullmatch(r"\u0120[a-z]+|[A-Z][a-z]+", piece)})
        self.further = sorted(piece for piece in vocabulary if re.fullmatch(r"[a-z]+", piece))


class Words:
    """Draws values of one side from one random stream."""

    def __init__(self, random: Random, side: str, pieces: Pieces | None = None):
        self.random = random
        self.side = side
        self.pieces = pieces if side == TRAIN else None
        self._last_amount = "100.00", "${}"
        self._last_date = (2020, 1, 1), "{day} {name} {year}"

    def _on_this_side(self, make) -> str:
        while True:
            value = make()
            if side_of(value) == self.side and not (self.side == TRAIN and value in _RESERVED):
                return value

    def digits(self, count: int) -> str:
        first = str(self.random.randint(1, 9))
        return first + "".join(self.random.choice("0123456789") for _ in range(count - 1))

    def letters(self, count: int) -> str:
        return "".join(self.random.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(count))

    def number(self, count: int) -> str:
        return self._on_this_side(lambda: self.digits(count))

    def invented(self) -> str:
        """A lower-case word that no language has.

        Held-out words are one to three syllables; training words are also random letters and the halves of two real
        words, so that copying is learnt for every piece a word may be cut into, not for some syllables.
        """
        kind = self.random.random() if self.side == TRAIN else 0.0
        if kind < 0.65:
            return self._on_this_side(self._syllables)
        return self._on_this_side(self._letters if kind < 0.75 else self._spliced)

    def _syllables(self) -> str:
        pick = self.random.choice
        return "".join(pick(_ONSETS) + pick(_VOWELS) + pick(_CODAS) for _ in range(pick((1, 2, 2, 2, 3))))

    def _letters(self) -> str:
        return "".join(self.random.choice(_LETTERS) for _ in range(self.random.randint(2, 8)))

    def _spliced(self) -> str:
        first, second = self.random.choice(EVERYDAY), self.random.choice(EVERYDAY)
        return first[: self.random.randint(1, len(first))] + second[self.random.randint(0, len(second)) :]

    def person(self) -> str:
        first = self._name(_FIRST_NAMES)
        last = self._name(_LAST_NAMES)
        return f"{first} {last}"

    def _name(self, real: dict[str, list[str]]) -> str:
        if self.random.random() < _REAL[self.side]:
            return self.random.choice(real[self.side])
        return self._naming_word()

    def _naming_word(self) -> str:
        """A word with a capital that no sentence begins with."""
        make = self._beginning if self.side == TRAIN and self.random.random() < 0.1 else self.any_word
        while (word := make()) in _OPENERS:
            pass
        return word.capitalize()

    def _beginning(self) -> str:
        """A word that begins like an order's letter or, now and then, like one that begins sentences: *You* is no
        name, *Youshais* is one."""
        starts = _SHORT_OPENERS if self.random.random() < 0.25 else "AAEEIIOOUDTHSNM"
        return self._on_this_side(lambda: self.random.choice(starts).lower() + self._syllables())

    def any_word(self) -> str:
        """An invented word or, in training now and then, an everyday one."""
        if self.pieces and self.random.random() < 0.25:
            return self._on_this_side(self._pieced)
        if self.side == TRAIN and self.random.random() < 0.25:
            return self.random.choice(EVERYDAY)
        return self.invented()

    def _pieced(self) -> str:
        further = [self.random.choice(self.pieces.further) for _ in range(self.random.choice((0, 0, 1, 2)))]
        return self.random.choice(self.pieces.first) + "".join(further)

    def spelled(self) -> str:
        """Several words of one piece or two, in small letters or with a capital: what copies them knows each piece."""
        if not self.pieces:
            return self.any_word()
        words = [self._on_this_side(self._short_pieced) for _ in range(self.random.randint(3, 6))]
        return " ".join(word.capitalize() if self.random.random() < 0.4 else word for word in words)

    def _short_pieced(self) -> str:
        further = self.random.choice(("", "", self.random.choice(self.pieces.further)))
        return self.random.choice(self.pieces.first) + further

    def product(self) -> str:
        noun = self.random.choice(_PRODUCT_NOUNS[self.side])
        if self.side == TRAIN and self.random.random() < 0.7:
            noun = self._naming_word()
        words = [self.invented().capitalize(), noun]
        if self.random.random() < 0.6:
            words.append(self._model_mark())
        return " ".join(words)

    def _model_mark(self) -> str:
        kind = self.random.randrange(5)
        if kind == 0:
            return self.random.choice(("Pro", "Mini", "Plus", "Max", "Lite", "Duo"))
        if kind == 1:
            return self.letters(1) + self.digits(self.random.randint(1, 2))
        return self.digits(self.random.randint(2, 4))

    def order(self) -> str:
        def make():
            kind = self.random.randrange(5)
            if kind == 0:
                return "ORD-" + self.digits(5)
            if kind == 1:
                return self.letters(2) + "-" + self.digits(self.random.randint(4, 6))
            if kind == 2:
                return self.letters(1) + self.digits(5)
            if kind == 3:
                return self.digits(4) + "-" + self.digits(3)
            return self.digits(self.random.randint(5, 7))

        return self._on_this_side(make)

    def amount(self) -> str:
        return self._on_this_side(self._amount)

    def _amount(self) -> str:
        whole = self.random.choice((self.random.randint(5, 99), self.random.randint(100, 999),
                                    self.random.randint(1000, 9999)))
        value = f"{whole:,}.{self.random.choice(('00', '50', '90', '99', self.digits(2)))}"
        style = self.random.choice(("${}", "€{}", "£{}", "EUR {}", "{} USD", "{} euros"))
        if self._resembling():
            # Like the one before it but for some digits: a copy must not slip from one into the other.
            last, style = self._last_amount
            value = self._changed(last)
        self._last_amount = value, style
        return style.format(value)

    def date(self) -> str:
        return self._on_this_side(self._date)

    def _date(self) -> str:
        year, month, day = self.random.randint(2019, 2029), self.random.randint(1, 12), self.random.randint(1, 28)
        style = self.random.choice(("{day} {name} {year}", "{name} {day}, {year}", "{year}-{month:02}-{day:02}",
                                    "{day:02}/{month:02}/{year}"))
        if self._resembling():
            last, style = self._last_date
            changed = self.random.choice(("year", "month", "day"))
            year, month, day = (year if changed == "year" else last[0], month if changed == "month" else last[1],
                                day if changed == "day" else last[2])
        self._last_date = (year, month, day), style
        return style.format(year=year, month=month, day=day, name=_MONTHS[month - 1])

    def _resembling(self) -> bool:
        """Whether a training value is to resemble the one before it."""
        return self.side == TRAIN and self.random.random() < 0.3

    def _changed(self, value: str) -> str:
        """The value with one of its digits changed."""
        place = self.random.choice([at for at, sign in enumerate(value) if sign.isdigit()])
        return value[:place] + self.random.choice("123456789") + value[place + 1 :]

    def problem(self) -> str:
        part = self.random.choice(PARTS[self.side])
        defect = self.random.choice(DEFECTS[self.side])
        if self.side == TRAIN:
            if self.random.random() < 0.65:
                part = " ".join(self._small_word() for _ in range(self.random.choice((1, 2, 2))))
            if self.random.random() < 0.65:
                defect = self._training_defect()
        return f"the {part} {defect}".replace("{code}", self.letters(1) + self.digits(2))

    def _training_defect(self) -> str:
        """A defect without sense; often with the small words that also stand after it, so that its end is copied too."""
        start = self.random.choice(("is", "keeps", "does not", "has", "has come", "was", "will not", "makes a", "gets",
                                    self._small_word(), self._small_word(), self._small_word()))
        words = [start] + [self._small_word() for _ in range(self.random.choice((0, 1, 1, 2, 2, 3)))]
        if self.random.random() < 0.4:
            # The report goes on with "on the" too: what is copied must not jump from here to there.
            words += [self.random.choice(("on", "on", "at", "in", "to")), "the"]
            return " ".join(words + [self._small_word() for _ in range(self.random.choice((1, 2, 2)))])
        if len(words) == 1 or self.random.random() < 0.5:
            words.append(self.random.choice(_SMALL_WORDS))
            if len(words) == 2 or self.random.random() < 0.8:
                words += [self.random.choice(("the", "the", "the", "a", "its", "every"))] * (self.random.random() < 0.7)
                words += [self._small_word() for _ in range(self.random.choice((1, 1, 2)))]
        return " ".join(words)

    def _small_word(self) -> str:
        """A word of a problem; one in three is of one piece or two."""
        if self.pieces and self.random.random() < 0.35:
            return self._on_this_side(self._short_pieced)
        return self.any_word()
