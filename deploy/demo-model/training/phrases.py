"""How a text is said: the phrasings of each task, one list for training and one that training never sees.

`[a|b]` is a choice, `{slot}` a value. Held-out phrasings share everyday words with the training ones, as any two
customers' messages do, but no sentence.
"""

from words import HELDOUT, TRAIN


def _lines(block: str) -> list[str]:
    return [line.strip() for line in block.strip().splitlines()]


# ---------------------------------------------------------------- label

GREETINGS = {
    TRAIN: _lines("""Hello,
        Hi,
        Hi there,
        Hello team,
        Good morning,
        Good evening,
        Dear support,
        Dear Sir or Madam,
        Hey,
        To whom it may concern,"""),
    HELDOUT: _lines("""Good afternoon,
        Hello everyone,
        Dear team,
        Hi support people,"""),
}

MESSAGE_NOISE = {
    TRAIN: _lines("""My [customer|client] number is {number}.
        [I am writing about|This is about|It concerns] the {product}.
        My order is {order}.
        The order number is {order}.
        I [bought|got|ordered] the {product} [last week|two weeks ago|in {month}|on {date}].
        You can [reach|call] me on {number}.
        I have been a customer for [two|three|five|ten] years.
        [My name is|This is] {customer}.
        I [already wrote|sent a message] on {date}.
        [Please reply|Please answer|Write back] [soon|today|when you can].
        [I look forward to your reply.|I hope to hear from you.|Let me know.]
        [The product|It] is a {product}.
        I am [at work|travelling|away] until {date}.
        [Sorry|Apologies] for the long message.
        [I found this address on your website.|A colleague gave me this address.]
        See order {order} for the {product}.
        It is for my [mother|son|office|neighbour].
        The {product} cost {amount}."""),
    HELDOUT: _lines("""Regarding {order}, the {product}.
        {customer} here, customer since {date}.
        For reference, my number is {number}.
        An answer before {date} would help.
        The {product} was {amount}.
        I am asking for a friend."""),
}

THANKS = {
    TRAIN: _lines("""Thanks, {customer}
        Regards, {customer}
        Best wishes, {customer}
        {customer}
        Thank you
        Kind regards, {customer}
        Many thanks"""),
    HELDOUT: _lines("""Yours, {customer}
        Sincerely, {customer}
        Cheers"""),
}

LABELS = {
    "billing": {
        TRAIN: _lines("""I was charged twice for [the same order|one purchase|order {order}].
            [You charged|You have charged] my card {amount} [by mistake|instead of the agreed price|too much].
            The invoice [shows|has] the wrong [amount|total|address|tax].
            [Please send|Can you send|I need] me [an|the] invoice for order {order}.
            There is [a payment|a charge|an amount] of {amount} on my [card|bank statement] that I do not [know|recognise].
            My [card|payment] was [declined|rejected|refused] [although|even though] there is money on the account.
            [Why|Please explain why] is the bill [higher|different] this month?
            The [tax|VAT] number is missing on [the bill|my invoice].
            I [paid|have paid] {amount} but [the invoice is still open|you say it is unpaid].
            You [took|debited] {amount} [two times|twice|again] from my [bank account|credit card].
            [Can I|I want to|May I] pay [by bank transfer|in instalments|with another card]?
            I got a payment reminder although I [paid|settled the bill] on {date}.
            The [monthly fee|subscription fee] of {amount} was [billed|charged] after I cancelled.
            [The discount|My voucher] was not taken off the [bill|invoice].
            [Which|What] payment methods are on my invoice for {amount}?
            The receipt for {amount} [never came|is missing|is not correct].
            [Please correct|Please change] the company name on the invoice.
            My bank [shows|reports] a double [charge|debit|payment].
            I have a question about [the bill|my last invoice|a charge].
            The direct debit of {amount} [failed|bounced|came too early].
            [The amount|The sum] on [the bill|my invoice|the receipt] [is not|does not look] right.
            Somebody [charged|billed] {amount} to my [credit card|account], was that [you|your company]?
            I would like a [copy of the bill|corrected invoice|receipt with VAT].
            [How|Where] can I see my [bills|invoices|payments]?
            [Payment|The payment] by [credit card|debit card|transfer] [did not work|was refused], [what now|why].
            Why was {amount} [withdrawn|collected|taken] [from my account|before the date we agreed]?
            You [want|ask for] a late fee of {amount}, but [I paid in time|the bill never came].
            The [price|tax] on the bill is [not the one|different from what] I [agreed to|saw].
            Please [explain|check] the [charges|fees] on my [last|latest] [bill|statement].
            My [purchase|subscription] was [billed|charged] [more than once|a second time]."""),
        HELDOUT: _lines("""Two payments of {amount} were taken from my bank account for a single purchase.
            On my invoice the tax is wrong, it says {amount}.
            My statement has a charge of {amount} I cannot explain.
            A payment reminder came, but the bill was paid weeks ago.
            Could the invoice be issued again with our VAT number?
            My credit card was debited {amount} and I never agreed to that charge."""),
    },
    "delivery": {
        TRAIN: _lines("""My parcel [has not arrived|is late|is still not here|never arrived].
            [Where is|I am waiting for] my [package|parcel|delivery|order {order}]?
            The tracking [page|link|number] [shows nothing|has not changed for days|does not work].
            The courier [left the box|dropped the parcel] [outside in the rain|at the wrong house|with a stranger].
            [It says|The status says] delivered but [I got nothing|there is no package|nothing is here].
            [When|On which day] will my [order|parcel|shipment] [arrive|be delivered|come]?
            The driver [did not ring|never came|could not find the house].
            [The delivery|My shipment] was [promised|announced] for {date} and [did not come|nothing came].
            The parcel [went|was sent] to [my old address|the wrong city|another street].
            The box arrived [crushed|wet|open|damaged] by the courier.
            My package has been [stuck|sitting] in [the depot|customs|the warehouse] since {date}.
            [Can the courier|Could the driver] [leave it with a neighbour|come in the evening|call me first]?
            Half of the shipment [is missing|did not arrive].
            [The carrier|The shipping company] [lost|cannot find] my [parcel|package].
            The delivery date was moved [again|three times|without notice].
            I was at home all day and the delivery [man|driver] did not [come|stop].
            [How long does|What does] shipping to [the islands|my village] take?
            The tracking says the [package|parcel] is on its way back to you.
            I [need|want] the [parcel|shipment] at [a pick-up point|another address].
            No [tracking number|shipping notice] was sent [to me|so far].
            [Nobody|No one] [delivered|brought] my [parcel|box] [on {date}|so far], [what happened|please check].
            [Could|Can] you [trace|track|look for] my [package|parcel|shipment]?
            The [postman|courier|driver] [put|threw] the [package|box] [over the gate|in the garden|behind the bin].
            [Since|For] [{date}|a week] my [shipment|parcel] [does not move|is at the depot].
            [The neighbours|My neighbour] did not [take|get] the [parcel|package] either.
            I [still wait|keep waiting] for the [courier|delivery], it [should have come|was due] [on {date}|days ago].
            The [package|parcel] [was handed|was given] to [someone else|a person I do not know].
            The [tracking|shipping status] [stays silent|is empty|never changes].
            Which [carrier|courier] [brings|has] my [parcel|package], and where is it [now|today]?
            The shipment [ended up|landed] in [another town|a different country]."""),
        HELDOUT: _lines("""The courier says the parcel was handed over, yet nothing arrived at my house.
            Still no package, and tracking has been silent since {date}.
            Could you find out where the shipment is stuck?
            The driver threw the box over the fence and left.
            It should have been delivered on {date}, where is it?
            Your carrier took my package to a depot in another city."""),
    },
    "returns": {
        TRAIN: _lines("""I [want|would like] to [return|send back] the {product}.
            [How do I|How can I] [return|send back] [this item|the {product}]?
            Please send me a return [label|form].
            I [sent|shipped] the {product} back on {date} and [have no refund|am waiting for my money].
            [When|How soon] will I get [my refund|my money back] for the returned {product}?
            [Can I|May I|I want to] exchange the {product} for [a larger one|another colour|a different model]?
            It is [too small|too big|not what I expected], so [I am sending it back|I want to return it].
            The return [label|code] [does not print|has expired|never came].
            [Is the return|Is sending it back] free [of charge|for me]?
            The refund for [my return|the item I sent back] is [too low|not complete|{amount} short].
            I [changed my mind|do not need it any more] and want to give [it|the {product}] back.
            [What is|How long is] the return period?
            You [received|have] my return but [did not refund me|the refund is missing].
            I [got|received] the wrong [item|colour|model] and want to [exchange|swap] it.
            [Where do I|To which address do I] send the [returned|unwanted] {product}?
            Can I return it [without the box|after 30 days|in a shop]?
            Please [arrange|book] a pick-up for my return.
            I would like my money back, the {product} goes back to you unopened.
            The swap of the {product} for [a new size|another model] is taking too long.
            My return was [refused|rejected], [please tell me why|I do not agree].
            I do not [want|like|need] the {product}, [how do I give it back|can you take it back].
            [Until when|How many weeks] [can I|may I] [return|send back|bring back] [it|the {product}]?
            [Which|What] [form|label|box] [do I need|is needed] [for a return|to send something back]?
            [I am still|We are] waiting for the refund of [the returned {product}|my return].
            The {product} [should go|has to go] back, [it is not for us|we ordered too many].
            [Can you|Will you] [take back|accept] an [opened|used] {product}?
            I [gave|handed] the returned {product} to the courier on {date}, when [is|comes] the refund?
            [Exchange|Swap] please: I have the {product} and [want|need] [a smaller one|the blue one].
            [Could I|I would rather] [swap|exchange] this {product} for [something else|another one].
            [The return|My return] [arrived|was received] at your [place|warehouse], [but no refund|and nothing happened]."""),
        HELDOUT: _lines("""The {product} is not for me, which label do I use to send it back?
            You have had my returned {product} since {date}, please refund it.
            I would rather exchange this one for another colour.
            How many days do I have to give the {product} back?
            My return reached you on {date} and still there is no refund.
            Could someone send the form for returning an unwanted item?"""),
    },
    "account": {
        TRAIN: _lines("""I cannot [log in|sign in] to my account.
            I forgot my password [and the reset mail does not come|again|and need a new one].
            [Please reset|I need to reset|How do I reset] my password.
            [Please change|I want to change|How do I change] the [e-mail|phone number|name] [on|in] my [account|profile].
            My account is [locked|blocked|closed] [after three tries|since {date}|and I do not know why].
            [Please delete|I want you to delete|How can I delete] my account and [my data|all data].
            The [code|confirmation code] for [signing in|the login] [never arrives|is not accepted].
            I [have|see] two accounts and want to [merge|join] them.
            [Someone else|A stranger] [logged in to|used] my account.
            My user name is [not accepted|unknown|wrong] at login.
            [How do I|I cannot] [turn on|switch on|turn off] two-factor [login|sign-in].
            I [no longer have|lost] the phone [that gets|for] the login code.
            Please [unsubscribe me from|stop sending me] the newsletter.
            I want to [see|download] the data in my [profile|account].
            The link to [confirm|verify] my e-mail [has expired|does not work].
            [Can I add|How do I add] a second user to our account?
            My [profile|account] shows [the wrong name|an old e-mail|an old phone number].
            The login page [says wrong password|throws me out], [although the password is right|every time].
            I want to [register|sign up] but [my e-mail is already taken|it says the account exists].
            Please update my [surname|birth date|e-mail] in [your records|my profile].
            [I am|My wife is] locked out of [the account|my profile].
            [The sign-in|Logging in] [fails|is not possible] [since {date}|with the right password|on every device].
            [No|I get no] [mail|message|code] [to reset|for resetting] the password.
            [Erase|Remove] [everything you know about me|my personal data|my profile], please.
            [My|The] user [profile|name] [was stolen|is used by somebody else].
            [How can I|Where do I] [replace|correct] the [mail address|phone number|name] [for signing in|of my profile]?
            I [never|do not] get the [security code|sign-in code|reset link].
            [Close|Please close] my [account|profile] and [confirm|tell me].
            [My e-mail changed|I have a new e-mail], [how do I put it in my account|please update my profile].
            The password I [set|chose] [is refused|does not work] [on the login page|at sign-in]."""),
        HELDOUT: _lines("""Your login page refuses my password since {date}.
            I would like all my personal data erased and the profile closed.
            The reset mail for the password never reaches me.
            Which steps are needed to put a new e-mail on my profile?
            I am locked out, the sign-in code does not come.
            Somebody I do not know is using my user name and password."""),
    },
    "technical": {
        TRAIN: _lines("""The {product} does not [turn on|switch on|start].
            [My|The] {product} [stopped working|is broken|is dead] [after a week|since {date}|this morning].
            It [shows|displays] error [code|message] {code}.
            The {product} [gets very hot|makes a loud noise|smells of burning].
            The [app|software] [crashes|freezes|closes] [when I open it|all the time|after the update].
            The {product} [does not connect|loses the connection|cannot connect] to [the wifi|bluetooth|my phone].
            [{Problem}|On the {product} {problem}].
            [{Problem}|With my {product} {problem}], [how do I fix it|what can I do|can it be repaired]?
            The [battery|screen|motor] of the {product} [fails|is faulty|does not work].
            How do I [set up|install|configure] the {product}?
            [After|Since] the [firmware|software] update [nothing works|it restarts all the time|{problem}].
            I [need|am looking for] the [manual|instructions|user guide] of the {product}.
            The {product} [restarts|switches off] [by itself|every few minutes].
            The settings of the {product} are [lost|reset] after [a power cut|each start].
            [Which|What] [cable|adapter|driver] does the {product} need to work?
            The {product} is [defective|faulty], [I need a repair|please repair it].
            The sound of the {product} is [distorted|too quiet|gone].
            My [computer|phone] does not [find|recognise|see] the {product}.
            The installation of the {product} [stops|hangs] at [half|90 percent].
            How do I [reset|restart|clean] the {product} [to factory settings|properly]?
            The {product} [will not|refuses to] [start|turn on|connect] [any more|since {date}].
            [I see|It gives] [the code|error] {code} [on the screen|when it starts] and [nothing else|then it stops].
            [Wifi|Bluetooth] on the {product} [fails|drops|does not work].
            [Help me|I need help] to [install|set up|update] the {product}.
            The {product} [freezes|hangs|restarts] [when|each time] [I use it|the app starts].
            [Which|What] button [starts|resets|updates] the {product}?
            [My|The] {product} is [broken|defective], {problem}.
            [It is|The {product} is] [faulty|not working], [I think|it seems] {problem}.
            The new [firmware|app version] [does not install|made it worse].
            [Yesterday|Today|Suddenly] {problem} [and it makes noise|and the {product} stopped]."""),
        HELDOUT: _lines("""Since yesterday {problem}, and the {product} will not start.
            My {product} is faulty, it restarts and then shows {code}.
            Wifi works everywhere, only the {product} cannot connect.
            What do I press to install the new firmware on the {product}?
            The app freezes whenever the {product} is switched on.
            The {product} is broken, can you repair it? I think {problem}."""),
    },
    "order": {
        TRAIN: _lines("""I [want|need|would like] to cancel [my order|order {order}].
            [Please cancel|Cancel] order {order} [before it ships|at once|today].
            [Can I|Could you|Please] add [one more|another|a second] {product} to my order.
            Please change the [quantity|number] in order {order} [to two|from one to three].
            I [ordered|chose] the wrong [colour|size|model], please change [the order|order {order}] before it ships.
            [Please change|I need to change] the delivery address [of|on|in] order {order} before it is sent.
            I did not get an order confirmation.
            [Has my order|Did my order] [gone through|been accepted|been placed]?
            I placed [the same order|order {order}] twice by accident, please [cancel|delete] one.
            Please remove the {product} from my order.
            [Can I|May I] still change [my order|what I ordered]?
            Order {order} is [still open|on hold|still processing], please [confirm|release] it.
            I want to [combine|join] order {order} with [another|my other] order.
            The order confirmation [lists|names] the wrong {product}.
            Please [hold|pause|delay] my order until {date}.
            My order [disappeared|is not listed] [in|from] the list of orders.
            I forgot to [enter|use] the voucher [when ordering|in my order], please add it to the order.
            [Please swap|Replace] the {product} [for|with] the {product2} in [my order|order {order}] before sending.
            [Please|Kindly] [drop|leave out|delete|strike] the {product} [from|in] [order {order}|{order}|the order] [before|while|as long as] it [is packed|goes out|has not left|is not sent].
            [The|A] {product} [must not|should not] [stay|be] in order {order}, [remove|strike] it before [the parcel goes|sending|it is packed].
            The basket [ordered|put in] three pieces, I only want one in the order.
            You cancelled my order [without asking|on {date}], please [place it again|restore it].
            [Take|Leave] the {product} [out of|off] my order [please|before you send it].
            [May I|Can I|I want to] [change|raise|lower] the [quantity|number of pieces] [from two to one|in {order}|in my order]?
            [I|We] [ordered|put] too [many|few] in order {order}, please [correct|change] the quantity.
            [Add|Please put] [a|one more|another] {product} [to|into] order {order} [too|as well].
            [It has not shipped|It is not sent yet], so [please stop|cancel] the order.
            [Was|Is] my order [accepted|placed|confirmed]? [I saw no confirmation.|No mail came.]
            I [want|need] [to cancel|a cancellation of] [what I ordered|my purchase] [on {date}|today].
            [Another|A different] [colour|size] for order {order}, please, [it is not sent yet|if you can still change it].
            My order [has|lists] the wrong [item|quantity|address], [change it|correct it] before [sending|it ships].
            [Please|Could you] [undo|stop|cancel] {order}, I [ordered by mistake|do not need it]."""),
        HELDOUT: _lines("""Nothing has shipped yet, so please cancel {order} for me.
            I placed an order for the wrong model, may I still change it?
            Could the quantity in {order} be changed from two to four?
            An order confirmation never came, was {order} accepted?
            One more {product} should be added to the order I placed on {date}.
            Please take the {product} out of order {order} before it is sent."""),
    },
    "sales": {
        TRAIN: _lines("""[Do you|Does your shop] [sell|offer|have] the {product}?
            When will the {product} be [back in stock|available|in stock again]?
            [We need|Our company needs|I need] a [quote|price|price offer] for [twenty|fifty|200] pieces of the {product}.
            Is there a [discount|better price|special price] [for students|for schools|if I buy more|for large numbers]?
            [Which|What] model [would you recommend|is best|do you advise] for [a small flat|an office|beginners]?
            What is the difference between the {product} and the {product2}?
            [How much|What] does the {product} cost [in total|with shipping|today]?
            Before I buy, [does|can] the {product} [work with|fit] the {product2}?
            [Can we|I want to] [buy|order] the {product} for [our school|the whole company|resale]?
            [Is the|Will the] {product} [be on sale|be cheaper] [soon|on {date}]?
            I am [thinking of buying|interested in] the {product}, [is it suitable for children|what colours are there|how heavy is it].
            Do you have a [shop|showroom] [where I can see|to try] the {product} before buying?
            [Please send|I would like] [a catalogue|a price list|a brochure].
            We are [a dealer|a hotel|a school] and [would like|want] [an offer|a quote] for the {product}.
            [Does|Is] the {product} come with a [longer warranty|bag|spare battery] if I buy it [now|here]?
            [How long is|What is] the guarantee if I buy the {product}?
            I cannot decide [which|what] to buy, the {product} or the {product2}.
            [Do you ship|Do you sell] to [Norway|Chile|Canada], I would like to buy a {product}.
            Is the {product} [new|still made|in stock], I want to buy one.
            Can you [reserve|keep] a {product} for me until I [buy it|come to the shop]?
            [How much|What] [is|would be] the price [for|of] [ten|forty|a dozen] {product} [units|pieces]?
            [Do|Will] you [get|have] the {product} [again|in stock|in the shop] [this month|before {date}]?
            I [plan|want] to buy [a|the] {product}, [which version should I take|what do you suggest].
            [Is|Would] [there|we get] a [discount|rebate] for [teachers|clubs|companies|a big order]?
            [Compare|Please compare] the {product} [and|with] the {product2} for me, which [is better|should I buy]?
            [An offer|A quote] for [our firm|a school|a restaurant], please: {product}.
            [Before buying|Before I order anything] I want to know if the {product} [is quiet|fits in a car|has a guarantee].
            [Interested|I am interested] in the {product}, [is it available|what does it cost].
            What [would|does] [it|the {product}] cost [for us|in your shop|with a guarantee]?
            [Recommend|Can you recommend] [something|a model] for [my kitchen|two people|travelling]?"""),
        HELDOUT: _lines("""We would like a price offer for thirty pieces of the {product}.
            Is the {product} in stock, or when do you have it again?
            I am interested in buying a {product}, which one do you recommend?
            Would a school get a discount on the {product}?
            Which is better to buy, the {product} or the {product2}?
            How much would ten of the {product} cost us?"""),
    },
    "feedback": {
        TRAIN: _lines("""[I just want to|I want to|Let me] [say thank you|thank you] for the [great|friendly|quick] service.
            Your [team|staff|colleague] [was|were] [wonderful|very kind|extremely helpful].
            I [love|really like|am very happy with] the {product}.
            [Great|Excellent|Fantastic] [product|service|shop], [five stars|keep it up|well done].
            You should [offer|make] the {product} in [more colours|green|a bigger size].
            [I have an idea|A suggestion|One idea]: [add a dark mode|make the text larger|add more pictures] on your website.
            The [new website|new catalogue] is [beautiful|hard to read|a big step forward].
            I am [disappointed|unhappy] with the [way I was treated|tone on the phone|attitude of your staff].
            [It would be nice|It would be great] if you [used less plastic|had longer opening hours|wrote shorter mails].
            The person on the phone was [rude|impolite|very friendly|so patient].
            [Thank you|Thanks] to {customer2} [who helped me|for the help] so [quickly|kindly].
            I will [recommend you|tell my friends about you], [everything was perfect|what a good experience].
            [My compliments|Compliments] to [your team|the people in the shop].
            The {product} is the best I [ever had|have owned].
            I [waited an hour|waited too long] on the phone, you can do better.
            [Just some feedback|Here is my opinion]: the [packaging is lovely|music on the phone is awful|mails are too long].
            Your [service|shop] has become [worse|better] over the years.
            The experience in your shop was [a pleasure|excellent|poor].
            Please [praise|thank] {customer2} from me, [what great service|that was very kind].
            I [wish|hope] you [would bring back|keep] the old [design|catalogue], it was [nicer|better].
            [Well done|Bravo], [your shop is great|I like it here|the {product} is wonderful].
            [Thanks|Thank you] for [being so kind|your help|the lovely card].
            [I did not like|I was sad about] the [way|tone] [your clerk|a colleague] [spoke to me|used].
            [Your website|The shop|The catalogue] [looks|is] [nice|lovely|ugly|confusing], [good job|think about it].
            [My idea|A proposal]: [use paper bags|offer tea in the shop|make the letters bigger].
            [Everything|All] was [fine|great|perfect], [thanks|see you again].
            [The clerk|A colleague of yours|{customer2}] was [unfriendly|so nice|very polite] [to me|on the phone].
            [We|I] [enjoy|love] [the {product}|shopping with you], [compliments|great work].
            [I am|We are] [happy|pleased|delighted] with [the service|everything|your people].
            [Less|Please use less] [paper|plastic|tape] [in the boxes|around the products] would be [good|better]."""),
        HELDOUT: _lines("""What a great experience, please thank {customer2} from me.
            Everything was perfect and I love the {product}.
            My suggestion is to use less plastic in the packaging.
            The staff in your shop were so friendly, compliments!
            I did not like the tone of your colleague, who was rude on the phone.
            The new design of your website is beautiful, well done."""),
    },
}

# ---------------------------------------------------------------- enrich

EVENTS = {
    "purchase": {
        TRAIN: _lines("""{customer} [bought|purchased|ordered] [a|one|the] {product} [in the shop|online|by phone], order {order}.
            New order {order} from {customer}: one {product}.
            [A purchase|An order] of the {product} was [made|placed] by {customer} under [number|order] {order}.
            Order {order} was [placed|created] by {customer} for [the|a] {product}.
            {product} sold to {customer}, order {order}.
            Customer {customer} placed order {order} and [chose|took] the {product}.
            [We received|There is] a new order, {order}, in which {customer} buys the {product}.
            Order number {order}. Buyer: {customer}. Item: {product}. [Status: ordered.|The order is new.]
            [As|When|After|Since|Though|Although|Until|Before|Once|While|If|Because] {customer} [bought|ordered|chose] it, the {product} got the number {order}.
            [With|In|By] {order} the {product} [went|now belongs] to {customer}, a [purchase|sale].
            {order} is a new order: [a|the] {product}, bought by {customer}.
            [Yesterday|Today|Here] {customer} [bought|ordered] [a|the] {product}; see {order}."""),
        HELDOUT: _lines("""A new order came from {customer}, who bought the {product}; its number is {order}.
            Under {order} the {product} was sold to {customer}.
            {customer} placed a new order for the {product} with number {order}."""),
    },
    "payment": {
        TRAIN: _lines("""{customer} [paid|has paid] for order {order}, [a|the] {product}.
            Payment [received|arrived] from {customer} for the {product}, order {order}.
            [The payment|A payment] for order {order} ({product}) was [made|sent] by {customer}.
            [We booked|Accounting booked] a payment by {customer} for {order}; the item is the {product}.
            Order {order} is paid. {customer} bought the {product}.
            {customer} settled the invoice for the {product} with order number {order}.
            The bank reports a payment from {customer}. It belongs to order {order}, the {product}.
            Paid: order {order}, item {product}, payer {customer}.
            [With|By] [card|transfer|cheque] {customer} paid {order}, [the|a] {product}.
            A payment [of|from] {customer} [covers|settles] {order}, the {product}.
            [As|When|After|Since|Though|Although|Until|Before|Once|While|If|Because] {customer} paid, order {order} with the {product} is [settled|clear].
            [The|A] {product} [is paid|was paid for]: {customer}, {order}."""),
        HELDOUT: _lines("""For the {product} a payment by {customer} came in, order {order}.
            The invoice of order {order} was paid by {customer}. It was for the {product}.
            {customer} made the payment for {order}, which is a {product}."""),
    },
    "shipment": {
        TRAIN: _lines("""Order {order} [was shipped|left the warehouse|is on its way] to {customer}; it contains the {product}.
            [We shipped|The warehouse shipped] the {product} to {customer}, order {order}.
            The {product} for {customer} [was handed to the courier|was dispatched] under order {order}.
            Shipped: {product}, order {order}, [recipient|to] {customer}.
            [A parcel|The parcel] with the {product} [went out|was sent] to {customer}. The order is {order}.
            The courier [collected|picked up] order {order} for {customer}, one {product}.
            {customer} will receive the {product} soon, order {order} [has been dispatched|was shipped].
            Shipment of order {order} to {customer} [has started|is under way]. Contents: {product}.
            [Today|By post|By courier] the {product} [travels|was sent] to {customer}, order {order}.
            Order {order} [went|goes] out by [courier|post] and [brings|carries] the {product} to {customer}.
            [As|Since|Now that] the courier has it, {customer} [waits for|will get] the {product}, order {order}.
            [On its way|Sent out] to {customer}: {product}, [number|order] {order}."""),
        HELDOUT: _lines("""The parcel for {customer} left the warehouse with the {product} inside, order {order}.
            Dispatched to {customer}: the {product} of order {order}.
            Order {order} was collected by the courier, so the {product} is on its way to {customer}."""),
    },
    "return": {
        TRAIN: _lines("""{customer} [returned|sent back|gave back] the {product} from order {order}.
            [We received|The warehouse received] the returned {product} of {customer}, order {order}.
            [A return|The return] of order {order} [arrived|came in]: {product}, from {customer}.
            The {product} came back from {customer}. [Order number|Order] {order}.
            Return [registered|announced] by {customer} for the {product}, order {order}.
            Order {order} is being returned by {customer}. The item is the {product}.
            {customer} asked for a return label for the {product} of order {order}.
            Returned item: {product}. Sender: {customer}. Order: {order}.
            {customer} [brought|mailed] the {product} back; [that was|it was] order {order}.
            [To us|Here] came back the {product}, [sent|returned] by {customer}, order {order}.
            [As|When|After|Since|Though|Although|Until|Before|Once|While|If|Because] {customer} returned it, the {product} of {order} [went to the shelf|was checked].
            [Out of|In] order {order} the {product} was returned by {customer}."""),
        HELDOUT: _lines("""From {customer} the {product} was sent back to us, order {order}.
            The {product} of order {order} is a return; {customer} sent it.
            A return by {customer} was received, namely the {product} from order {order}."""),
    },
    "refund": {
        TRAIN: _lines("""{customer} [was refunded|got a refund|received a refund] for the {product}, order {order}.
            [We refunded|Accounting refunded] {customer} for order {order}, the {product}.
            [A refund|The refund] for the {product} [went out|was sent|was approved] to {customer} under order {order}.
            Refund [issued|done] to {customer}: order {order}, {product}.
            The money for the {product} [was paid back|went back] to {customer}. The order was {order}.
            Order {order} was refunded to {customer}; the item was the {product}.
            {customer} gets the money back for the {product}, see order {order}.
            Refunded: {product}. Order: {order}. Customer: {customer}.
            [Money|The money|Cash] [went|was given] back to {customer}: {product}, order {order}.
            The refund for {order} [went to|is for|was paid to] {customer}; it [concerned|covers] the {product}.
            {customer} [got|received|has] [all|their] money back for [order|number] {order}, [a|the] {product}.
            [Within|As to|On] order {order} the {product} was refunded to {customer}.
            [As|When|After|Since|Though|Although|Until|Before|Once|While|If|Because] {customer} [asked for the money|wanted it], we refunded {order}, the {product}."""),
        HELDOUT: _lines("""The refund of order {order} reached {customer}; it was for the {product}.
            {customer} had the money paid back for order {order}, a {product}.
            For the {product} in order {order} a refund was made to {customer}."""),
    },
    "cancellation": {
        TRAIN: _lines("""{customer} [cancelled|has cancelled|called off] order {order} for the {product}.
            Order {order} was cancelled by {customer}; it was for the {product}.
            [A cancellation|The cancellation] of the {product} came from {customer}, order {order}.
            [We cancelled|The system cancelled] the {product} for {customer}, order {order}.
            Cancelled: order {order}, {product}, customer {customer}.
            {customer} no longer wants the {product} and cancelled {order}.
            The order {order} of {customer} [has been cancelled|is cancelled]. It [contained|was] the {product}.
            {customer} asked us to cancel the {product}. [Order number|Order] {order}.
            [As|When|After|Since|Though|Although|Until|Before|Once|While|If|Because] {customer} [called it off|cancelled|cancelled this], [the|a] {product} of order {order} [is not sent|stays here|was kept].
            Order {order} with the {product} is [void|off|stopped]: {customer} cancelled.
            [Cancelled|Stopped] by {customer}: [the|their] {product}, [number|order] {order}.
            [As|When|After|Since|Though|Although|Until|Before|Once|While|If|Because] {customer} cancels, order {order} [falls away|ends], and so does the {product}."""),
        HELDOUT: _lines("""The {product} was cancelled by {customer}, who had order {order}.
            Cancellation by {customer}: they no longer want order {order}, the {product}.
            Because {customer} cancelled it, order {order} with the {product} is closed."""),
    },
}

EVENT_DETAILS = {
    TRAIN: _lines("""The amount is {amount} and the date {date}.
        Amount: {amount}. Date: {date}.
        It [happened|took place] on {date} and [comes to|is worth] {amount}.
        On {date}, for {amount}.
        [Total|Value|Sum] {amount}, [dated|booked on|recorded on] {date}.
        [The total of|A sum of] {amount} was [recorded|entered|noted] on {date}.
        Date {date}, amount {amount}.
        The [value|price|total] was {amount}. [This was on|It was] {date}.
        [This was on|We noted it on] {date}. The [sum|amount] was {amount}.
        {date}, {amount}.
        It [concerns|involves] {amount} and [is dated|was booked on] {date}.
        Booked with {amount} on {date}.
        {amount} [altogether|all told|as a sum|overall], {date}.
        {amount}, {date}.
        {amount} on {date}.
        [Worth|Price|Paid] {amount}, [on|day] {date}.
        [Noted|Entered|Filed] on {date}[,| with| at| over] {amount}.
        [Registered|Listed|Charged|Counted|Posted|Marked|Written down] [at|with|for|over] {amount}[, day|, date| on| as of] {date}.
        [Registered|Listed|Posted|Marked|Written down|Signed] [on|as of|the day] {date} [at|for|over|and makes] [the price of|a sum of|] {amount}.
        [Recorded|Noted|Filed|Booked|Entered|Registered|Closed|Checked|Opened|Printed|Mailed|Saved|Stored|Stamped|Typed|Counted|Listed|Marked|Scanned|Signed|Written|Settled] [on|as of|at] {date}[ at| for|, worth|, in all|,] {amount}.
        [Recorded|Noted|Filed|Booked|Entered|Registered|Closed|Checked|Opened|Printed|Mailed|Saved|Stored|Stamped|Typed|Counted|Listed|Marked|Scanned|Signed|Written|Settled] [by us|today|here|as usual] [on|as of] {date}, [the|its] [sum|value|amount] [is|was] {amount}.
        [Recorded|Noted|Filed|Booked|Entered|Registered|Closed|Checked|Opened|Printed|Mailed|Saved|Stored|Stamped|Typed|Counted|Listed|Marked|Scanned|Signed|Written|Settled] {date}, {amount} [overall|due|paid].
        [The day|Day] [was|is] {date} and the [sum|amount|price] {amount}."""),
    HELDOUT: _lines("""The sum is {amount}, and it was noted on {date}.
        Recorded on {date} with a total of {amount}.
        The date is {date} and the value {amount}.
        {amount} in total, {date}."""),
}

EVENT_NOISE = {
    TRAIN: _lines("""Handled by [agent|clerk] {agent}.
        Ticket {number}.
        The customer can be reached on {number}.
        [Shipping|Delivery] costs of {amount2} are [separate|not included].
        The customer has been with us since {date2}.
        [Please file this.|No action is needed.|Please check.|For your information.]
        Entered by {agent} in [the northern|the main|our second] office.
        The [usual|standard] terms apply.
        Reference number {number}, [shelf|row|desk] {code}.
        {agent} [checked|confirmed] it.
        [The system|The terminal] {code} [reported|logged] this.
        The warranty ends on {date2}.
        A fee of {amount2} was waived.
        [The customer was friendly.|The customer called twice.|There was no note.]
        Source: [web|phone|shop|app].
        [Delivery|Shipping|Packing|Handling] [was|is|makes] {amount2} [more|on top|besides].
        [Customer|With us|Known to us] since {date2}.
        [Clerk|Colleague|Our] {agent} [did|handled|wrote] [it|this].
        [At|On|From] [desk|screen|device|line] {code}.
        [No|Nothing|None] [more|further|left] [is needed|to say|at all].
        [Typed|Saved|Stored|Seen|Printed|Scanned|Stamped|Copied|Read|Sent|Put in|Kept] [in|on|by|with|through|near|from|at] [machine|counter|printer|screen|till|box|cash desk|{word}] {code}.
        {Opener} {word} {word} {code}.
        {Opener} {agent} {word} [it|this|that].
        {Opener} {agent} [did|saw|knows|signed|wrote|read] [it|this|that|everything], [ticket|file|paper|note] {number}.
        {Opener} {date2} [we|they|somebody] {word} {word}.
        {Opener} {amount2} [was|is] [paid before|for the post|for the box|an old fee|not counted].
        {Opener} [ticket|file|note|record|phone|form] {number} {word}.
        [Our|The|Their|One] [file|note|form|record|phone|paper] [has|is|shows|got] [the number|number|no] {number}."""),
    HELDOUT: _lines("""Agent {agent} took care of it.
        Our ticket has the number {number}.
        Delivery costs {amount2} extra.
        They have been a customer since {date2}.
        Nothing else to do.
        Logged at terminal {code}."""),
}

# ---------------------------------------------------------------- summarise

CASE_OPENINGS = {
    TRAIN: _lines("""{customer} [contacted|wrote to|called] us about the {product} from order {order}.
        Customer: Hello, my name is {customer}. I [bought|ordered] the {product}, my order number is {order}.
        [Case|Ticket] opened by {customer}. Product: {product}. Order: {order}.
        [We got|There was] a message from {customer} about order {order}, which is a {product}.
        Customer {customer} [has|owns] the {product} and gave the order number {order}.
        The {product} of {customer}, order {order}, is the subject of this case.
        From: {customer}. Dear support, I have a problem with the {product} from order {order}.
        Hi, {customer} here. This is about order {order}, the {product}.
        Order {order}: {customer} [called|wrote] because of the {product}.
        [My name is|I am] {customer} and I am writing about my {product}. The order was {order}.
        {customer} [came to the shop|phoned] with the {product}. It [belongs to|is from] order {order}.
        Order number {order}, item {product}, customer {customer}.
        [Customer|Caller|Client]: [Hello|Good morning|Good evening|Good day|Good night|Hi|Hey|Greetings|Dear team][,|!|.|,] [it is {customer}|{customer} here|{customer} is my name|this is {customer}|{customer} calling|I am {customer}|{customer} on the line]. [My order|Order|The order|Number] {order} [is|contains|brought me] [the|a] {product}.
        [Hello|Good morning|Good evening|Good day|Good night|Hi|Hey|Greetings|Dear team][,|!|.|,] {customer} [here|writing|is my name|on the phone]. [It is about|I mean|See] [the|my] {product}[, order|, number| from order] {order}.
        [Caller|Client|Sender|Person|Customer name]: {customer}. [Item|Product|Article|What|Ordered thing|Purchased item|Device]: {product}. [Order|Order number|Reference|Order code|Code of the order|Its order]: {order}.
        [Name|Customer|Caller|Client|Sender|Buyer]: {customer}. [Bought|Ordered|Chosen|Purchased|Owned] [thing|product|article|device|by them]: {product}. [Number|Code|Sign|Order] of [it|purchase|the purchase|the sale]: {order}.
        [Name|The name]: {customer}. [Bought|Ordered|Has|Product bought|Item ordered]: {product}. [Number|Its number|Order number]: {order}.
        [A mail|A note|One letter|A call] [came|arrived] from {customer}. It [concerns|mentions|names] the {product} [of|in] order {order}.
        [A|One|Another|This|The] [mail|note|call|card|fax|{word}] [from|by|of|sent by] {customer} [{word}|came in|lies here|has arrived|got here|is in|went to us|waits|returned|remains|rests|reads|replied|repeats|relates|reacted|renewed|rejoined] [{word}|today|for us|again|]. [It|This|That] [names|shows|concerns|is on|goes over] [the|a] {product} [of|in|from|under|with] order {order}.
        [From|By|Of] {customer} [a|one|this] [mail|note|card|fax] [came|{word}|got here|arrived], [on|over|for|naming] [the|a] {product}[,| of| with] order {order}.
        {customer} [returned|replied|repeated|reacted|read|rested|recalled|renewed|requested] [it|this|that|us|{word}]. [It|This|That] [names|shows|concerns|is on|goes over] [the|a] {product} [of|in|from|under|with] order {order}.
        [Today|Here|Now|In short] {customer} [asks|wants to know something|wrote] [on|about] [order|number] {order}, [that is|meaning|so] the {product}."""),
    HELDOUT: _lines("""A letter from {customer} reached us. It is about the {product} that came with order {order}.
        Customer: Good afternoon, {customer} speaking. My order {order} was for the {product}.
        In this case {customer} has a question on order {order}, namely the {product}.
        Name: {customer}. Bought item: {product}. Number of the order: {order}."""),
}

CASE_PROBLEMS = {
    TRAIN: _lines("""The problem is that {problem}.
        [It turns out|I noticed|They noticed] that {problem}.
        [Since the first day|Since yesterday|After a few days] {problem}.
        Unfortunately {problem}.
        [The customer says|The customer explained|I have to tell you] that {problem}.
        [Problem|Fault|Complaint]: {problem}.
        [When it is used|Every time|After unpacking], {problem}.
        {Problem}, and [that is a pity|this makes it useless|nobody knows why].
        What [is wrong|happens] is simple: {problem}.
        [Now|Sadly] {problem}.
        The fault is easy to [see|describe], {problem}.
        {Problem}, [as was seen|and we saw it|and it was plain] [right away|on day one|at first use|in the shop].
        {Problem} - [it was plain|I saw it|they told us|so it said] [at first|then|later].
        [This is|Here is|That is] [the fault|what is wrong|my point]: {problem}.
        [As far as|From what] [I|we] [know|see|can tell], {problem}."""),
    HELDOUT: _lines("""The fault reported is that {problem}.
        As it seems, {problem}.
        My complaint is this: {problem}.
        {Problem}, which was noticed at once."""),
}

CASE_FILLERS = {
    TRAIN: _lines("""I [bought|got] it [for my family|for the office|as a present] and [was looking forward to it|really need it].
        [I tried|They tried] [another socket|a different cable|to clean it|to restart it] [twice|several times], [but nothing changed|without success].
        [The box|The packaging] was [fine|undamaged|complete] when it [arrived|was opened].
        I paid {amount2} for it on {date2}.
        The [original price|price] was {amount2}.
        It was bought on {date2} in [our online shop|the shop on the corner|the spring sale].
        You can [reach|call] me on {number} [in the morning|after six|at any time].
        My [customer|client] number is {number}.
        Agent: Thank you for [your message|writing|your patience]. [My name is {agent}.|I will look into it.]
        Agent: [Could you send|Please send] us [two photos|a short video|the serial number]?
        The serial number is {serial}.
        Customer: [Yes, of course|Sure|Certainly], the serial number is {serial}.
        The customer sent [two|three|four] photos [the next day|on {date2}|by mail].
        Agent {agent} [took over|looked at] the case [in the afternoon|on {date2}|a little later].
        The [call|conversation] took [{small}|about {small}] minutes.
        [We checked|The technician checked] [the stock|the history of the case|similar cases] and [found nothing unusual|found {small} entries].
        Our [technician|colleague] {agent} [read|checked] the [photos|notes|report].
        [The manual|The guide] was read [carefully|twice], page {small} did not help.
        I [have been a customer|have shopped with you] for {small} years and [was always happy|never had trouble].
        Please [tell me|let me know] what [I should do|happens next|you suggest].
        [A neighbour|My brother|A colleague] has the same model and [it works well|never had this].
        Ticket {number} was [linked to|merged with] this one.
        The tracking number of the first parcel was {serial}.
        [We are sorry|I am sorry] [for the trouble|to hear that|about this], said {agent}.
        Agent: I [understand|see]. [Let me check|I will ask] [the warehouse|my manager|the workshop].
        [The warehouse|The workshop] [answered|replied] [within an hour|on {date2}|the same day].
        [It stands|It is used] [in the kitchen|in the garage|in a small office], [nothing else is near it|away from heat].
        [The customer|They] did not [drop|open|change] it [at any time|before].
        The warranty [runs|is valid] until {date2}.
        Delivery had cost {amount2}, which was [paid separately|on the invoice].
        Customer: [How long|How many days] will it take?
        Agent: It [usually|normally] takes {small} [working days|days].
        Customer: [That is fine|All right|Okay], thank you for [the quick answer|telling me].
        The first [agent|colleague] asked for [the receipt|a copy of the invoice], [which was sent|and it came quickly].
        [Invoice|Document] number {number} was [attached|added to the file].
        [There was|We found] no [similar report|earlier complaint] for [this product|this model].
        [I am|We are] [on holiday|away] from {date2}, so [please hurry|write soon].
        The [case|ticket] was given [high|normal|low] priority.
        [Nobody answered|The line was busy] when I called [the first time|yesterday|{small} times].
        [Photos|The pictures] [show|confirm] what was described.
        A [test|check] in the workshop [took {small} hours|was done twice|confirmed it].
        I would [prefer|like] a [quick|simple] solution.
        It weighs {small} kilograms, so [sending it is not easy|I cannot carry it].
        [The customer|The caller] was [calm|polite|upset|in a hurry].
        The [shelf|bin] number in the warehouse is {code}.
        [We looked at|Agent {agent} read] {small} [older|earlier] messages [first|before answering].
        [My husband|My son|A friend|Somebody] [has|found|kept] the [receipt|bill] [over|of|for] {amount2}.
        [The receipt|The bill|The invoice|The label] [says|shows|lists] {amount2}[ and is from {date2}|, dated {date2}|].
        [Postage|Freight|Packing|Transport] [came to|was|made] {amount2} [and|but] [does not count|is extra].
        [On|Since|Around] {date2} [I|we|they|someone] [asked|called|tried|looked] [again|the shop|somebody].
        [The whole|All the|This] [talk|call|day|case] [was|stayed] [calm|friendly|short].
        Agent: {agent} [speaking|here|is my name], [how can I help?|what happened?]
        Agent: [On|Since|By|From] {date2} [we|the desk|my colleague|somebody|{agent}] [wrote to you|looked for it|asked the maker|was away].
        [Customer: |Agent: |][Here|There|See], {serial}, and the [bill|mail|form|list|paper|{word}] is [here too|with it|sent|below|{word}].
        [Customer: |Agent: |][I think|I see|Well|Then|So] the [line|form|page|paper|list|{word}] [is|was] [fine|clear|sent|open|{word}].
        The [old one|other one|first one|line|mail|office|{word}] [was|is|stayed] [{word}|fine|open|busy], and {agent} [knows|saw|said] [that|so].
        On {date2}, {agent} [opened|read|moved|closed|copied] the file.
        [On|By|Around|Since] {date2} [our|the] [office|desk|people|colleagues|shop] [had|wrote|sent|saw] [{small} mails|a note|the list|{amount2}].
        The {word} [{word} |][of|with|for|from|in|near] [the |our |][{word}|number {number}|mark {code}|{serial}] [is|was|has|stands|hangs|shows|keeps|stays] [{small} {word}|in {word} of us|{small} {word} {word}|{word} {word}].
        The {word} [card|paper|tag|sheet|book|list|form|{word}] [with|under|and its] [number|mark|code|line] [{number}|{code}|{serial}] [is|was|hangs|stands|stays|waits|goes|came] [{word}|{word} {word}|near here|next to it|on my desk|with them].
        The {word} [of|in|from|by] the {word} [is|was|has|had|takes|fills|counts|needs] {small} [{word}|{word} {word}|lines|days|sheets|words].
        The [{word}|{word} {word}] [was|is|has|stays|keeps|comes|does not|will not] [{word}|{word} {word}|{word} {word} {word}].
        The [{word}|{word} {word}] [was|is|has|stays|keeps|comes|does not|will not] [{word}|{word} {word}|{word} {word} {word}].
        [Our|My|Their|His|Her|Your|This|That|Another] {word} [{word} |][was|is|has|stays|keeps|comes|does not|will not] [{word}|{word} {word}|{word} {word} {word}].
        [In all {small} {word}|There are {small} {word}|Here are {small} {word}] [in|on|under|for] the {word}, [{word}|{word} {word}].
        Agent: [Hello|Good morning|Good day|Hi], [{agent} here|{agent} speaking|I am {agent}|this is {agent}]."""),
    HELDOUT: _lines("""I read the instructions from start to end and did all {small} steps.
        It was a gift for my daughter, who uses it every day.
        My phone number is {number}, please call in the evening.
        The price on the receipt is {amount2}, and the receipt is from {date2}.
        Agent: Hello, {agent} here, I am going to help you.
        Agent: May I ask for the serial number and one photo?
        Customer: Here it is, {serial}, and the photo is attached.
        After {small} minutes the colleagues in the workshop had seen enough.
        A second technician, {agent}, came to the same result.
        The file also has ticket {number} from last year.
        Nothing had been changed on it before.
        Customer: Will I have to wait very long?
        Agent: No, about {small} working days.
        The customer stayed friendly during the whole conversation.
        Shipping was {amount2} and is not part of this.
        The photos were clear and showed everything.
        We asked the warehouse on {date2} and waited for a reply.
        There are {small} notes in the history, none of them important.
        The line was bad, so {agent} had to ask again.
        My wife found the receipt in a drawer, it shows {amount2}.
        Agent: Please keep the old box until we are done.
        Customer: I still have the box and all the small things.
        On {date2} somebody from the shop had already looked at it.
        The report of the workshop is {small} pages long.
        We use it about {small} times a month, never for long.
        Agent: That is not what should happen with such a model.
        Customer: I did expect more from a brand like this.
        The guarantee card with number {number} lies in front of us.
        It came with parcel {serial}, together with other things.
        My old one lasted {small} years without any trouble.
        Colleague {agent} had a look at the pictures as well.
        In the shop around the corner nobody could help.
        Before the call the customer had searched the internet for an answer."""),
}

OUTCOMES = {
    "refund": {
        "summary": "Support refunded {amount} on {date}.",
        TRAIN: _lines("""[We refunded|Support refunded] {amount} [to the card|to the bank account] on {date}.
            [A refund|The refund] of {amount} was [made|sent|issued] on {date}.
            On {date} [the customer|they] got a refund of {amount}.
            Agent: I have refunded {amount} [today|to you], {date}.
            {amount} [was refunded|was paid back] on {date}.
            [The decision|The result] was a refund: {amount}, [paid|booked] on {date}.
            [We paid|Accounting paid] the money back on {date}, {amount} [in all|in total].
            [Finally|At last|After all|So|In the end of it|At the close] {amount} [was refunded|was paid back], [the date is|the day was|on] {date}.
            [The|This] refund [was|is|comes to] {amount} and [came|happened|took place] on {date}.
            Agent: [You have|There is] a refund [for you|now], {amount}, [paid|made|since] {date}."""),
        HELDOUT: _lines("""In the end {amount} was refunded, and that happened on {date}.
            The refund was booked on {date} and was {amount}.
            Agent: You get a refund of {amount}, it was sent on {date}."""),
    },
    "replacement": {
        "summary": "Support sent a replacement worth {amount} on {date}.",
        TRAIN: _lines("""[We sent|Support sent] a replacement worth {amount} on {date}.
            [A replacement|A new one as replacement], [worth|valued at] {amount}, [left the warehouse|was shipped] on {date}.
            On {date} a replacement [with a value of|worth] {amount} was sent.
            Agent: I am sending you a replacement worth {amount}, it [leaves|goes out] on {date}.
            It was replaced on {date}, the [value|price] of the new [unit|one] is {amount}.
            [The decision|The result] was a replacement: [value|worth] {amount}, sent on {date}.
            The replacement went out on {date} and is worth {amount}.
            [Finally|At last|After all|So|In the end of it|At the close] a replacement [was sent|left|went out] on {date}, [worth|value|price|it costs] {amount}.
            [They|The customer] [got|has|receives] a replacement [at|of|worth] {amount}, [sent|posted|on] {date}.
            Agent: [Your|The] replacement [is|was] {amount} and [leaves|was sent|starts] on {date}."""),
        HELDOUT: _lines("""In the end a replacement was sent on {date}, its value is {amount}.
            The customer gets a replacement for {amount}, shipped on {date}.
            Agent: The replacement is worth {amount} and leaves us on {date}."""),
    },
    "credit": {
        "summary": "Support gave a store credit of {amount} on {date}.",
        TRAIN: _lines("""[We gave|Support gave] a store credit of {amount} on {date}.
            [A store credit|A credit] of {amount} was [added|booked|granted] on {date}.
            On {date} {amount} was [added|booked] to the account as store credit.
            Agent: You have a store credit of {amount} [from today|now], {date}.
            {amount} of store credit [was added|was given] on {date}.
            [The decision|The result] was a store credit: {amount}, [added|booked] on {date}.
            The store credit of {amount} [is valid|can be used] from {date}.
            [Finally|At last|After all|So|In the end of it|At the close] a store credit [was booked|was made|came] on {date}, {amount} [all told|altogether].
            [They|The customer] [received|has|holds] {amount} [as credit for the shop|in store credit|as a store credit], [made|given|of] {date}.
            Agent: [Your|The] [credit|store credit] [of|is|comes to] {amount}[, given| and was made|, since] on {date}."""),
        HELDOUT: _lines("""In the end a store credit was given on {date}, {amount} in total.
            The customer got {amount} as store credit, booked on {date}.
            Agent: Your credit for the store is {amount}, granted on {date}."""),
    },
    "repair": {
        "summary": "Support completed a repair worth {amount} on {date}.",
        TRAIN: _lines("""[We completed|The workshop completed] a repair worth {amount} on {date}.
            [The repair|A repair], [worth|valued at] {amount}, was [finished|completed|done] on {date}.
            On {date} the repair was [finished|done], [its value is|it was worth] {amount}.
            Agent: The repair is [done|finished] [since|as of] {date}, it was worth {amount} and costs you nothing.
            It was repaired on {date}, the work [was worth|had a value of] {amount}.
            [The decision|The result] was a free repair: [worth|value] {amount}, finished on {date}.
            The workshop repaired it for {amount}, [at our cost|which we paid], on {date}.
            [Finally|At last|After all|So|In the end of it|At the close] it was repaired, [value|price|worth] {amount}, and [ready|done|back] on {date}.
            [The|This] repair [was|is|cost us] {amount} and was [ready|done|over] on {date}.
            Agent: [We|The workshop|They] [repaired it|did the repair] on {date}, [worth|value|for] {amount}."""),
        HELDOUT: _lines("""In the end it was repaired, work worth {amount}, and that was done on {date}.
            The repair had a value of {amount} and was finished on {date}.
            Agent: On {date} our workshop finished the repair, worth {amount}."""),
    },
    "discount": {
        "summary": "Support granted a discount of {amount} on {date}.",
        TRAIN: _lines("""[We granted|Support granted] a discount of {amount} on {date}.
            [A discount|A price discount] of {amount} was [agreed|granted|given] on {date}.
            On {date} the customer [accepted|got] a discount of {amount} and keeps the item.
            Agent: I can give you a discount of {amount}, [booked|valid] on {date}.
            {amount} [was taken off|came off] the price as a discount on {date}.
            [The decision|The result] was a discount: {amount}, [agreed|granted] on {date}.
            The price was [lowered|reduced] by {amount} on {date}, a discount that [both accepted|was agreed].
            [Finally|At last|After all|So|In the end of it|At the close] a discount [was given|came|was made] on {date}, [it is|of|that is] {amount}.
            [They|The customer] [stays with it|keeps the item|keeps all] [for|and has|at] a discount of {amount}, [given|made|from] {date}.
            Agent: [There is|You have|I made] a discount of {amount} [for you|here] [on|from] {date}."""),
        HELDOUT: _lines("""In the end a discount was agreed on {date}, namely {amount}.
            The customer keeps it with a discount of {amount}, granted on {date}.
            Agent: A discount of {amount} is given to you on {date}."""),
    },
}

CASE_CLOSINGS = {
    TRAIN: _lines("""The case was closed [after that|the same day|by {agent}].
        Customer: Thank you [very much|for the help], [that is all|I am happy with this].
        [The customer|They] [agreed|accepted this] and [said thanks|had no more questions].
        [A mail|A letter] with the details was sent [to the customer|afterwards].
        [We|I] hope this [solves|settles] it.
        Nothing more is open."""),
    HELDOUT: _lines("""With this the case is closed.
        Customer: Great, I have no more questions.
        A letter about it followed."""),
}

OPEN_ENDINGS = {
    TRAIN: _lines("""[A decision|An answer] has not been made [yet|so far].
        We are [still waiting|waiting] for [the workshop|the manufacturer|a reply].
        [The case|This case] [is still open|stays open].
        Agent: I will [come back to you|write again] [soon|next week|as soon as I know more].
        [Nothing has been decided|There is no result] yet.
        [No|Not one] [decision|answer|solution|result] [yet|so far|until now].
        It [is|remains|stays] [undecided|open|without an answer] [for now|until further notice|at present].
        [We|They] [have|know] no [answer|decision] [so far|yet], [so it stays open|the case goes on]."""),
    HELDOUT: _lines("""There is still no decision.
        The case stays open until we have an answer."""),
}

# Another writer's partial summary, beside the demo model's own.
PARTIAL_REPORTS = {
    TRAIN: _lines("""{customer} complained that {problem} on the {product}, order {order}.
        The {product} of order {order} has a fault: {problem}. The customer is {customer}.
        {customer} wrote about order {order}, the {product}, because {problem}.
        In order {order}, {customer} got a {product} and {problem}.
        Customer {customer} says that {problem}. It is the {product}, order {order}.
        [As|Since|Because] {customer} [says|writes|told us], {problem} on the {product} [of|under|with|in] order {order}.
        [By|From|To go by|Following] {customer}[,|:] {problem}[,| on] [the|a] {product}, [under|see|with] order {order}.
        {customer} [owns|bought|uses|holds] [a|the|one] {product}[,| under| with| (] order {order}, [but|where|so] {problem}.
        {customer}: {problem}. [Product|Item|Article]: {product}. [Order|Number]: {order}.
        [On|With|About] the {product}, order {order}, {customer} [wrote|said|told us|noted] that {problem}.
        {Problem}: so [wrote|says|said] {customer} [on|about|of] the {product}, order {order}."""),
    HELDOUT: _lines("""According to {customer}, {problem} on the {product} from order {order}.
        {customer} has a {product}, order {order}, and {problem}."""),
}

PARTIAL_NOISE = {
    TRAIN: _lines("""No key facts in this part.
        Support asked for [photos|the serial number|the invoice].
        The customer sent [the photos|a video|the serial number {serial}].
        {agent} took over the case.
        The customer asked how long it takes.
        The workshop checked it on {date2}.
        The customer had paid {amount2}.
        The case is still open."""),
    HELDOUT: _lines("""No key facts in this part.
        The customer gave the serial number {serial}.
        Support wanted to see photos.
        The price had been {amount2}."""),
}

# ---------------------------------------------------------------- composed sentences, for training alone

# A lead and one clause for each value, in any order: many more ways to say who, what and when than a list can hold.

EVENT_LEADS = {
    "purchase": _lines("""[They|He|She|The customer|The buyer|Someone] [bought|ordered|purchased|took|chose] [it|this|the item|something]
        [A|Another|One] [purchase|new order|sale]
        [Bought|Ordered|Sold|Purchased] [today|just now|in the shop|here]
        [There was|We have|We note] a [purchase|new order]
        [Someone|A buyer] [ordered|bought] [something|an item]"""),
    "payment": _lines("""[They|He|She|The customer|The buyer|Someone] [paid|settled|made a payment for|paid for] [it|this|the item|the bill]
        [A|Another|One] [payment|paid invoice]
        [Paid|Settled] [in full|today|by card|by transfer]
        [There was|We have|We note] a payment
        [The money|A transfer] [arrived|came in|was received]
        The [bill|invoice] was [paid|settled]"""),
    "shipment": _lines("""[They|We|The warehouse|The courier] [shipped|sent|dispatched|collected|took away] [it|this|the item|the parcel]
        [A|Another|One] [shipment|parcel|dispatch]
        [Shipped|Dispatched|Sent out] [today|just now|by courier]
        [There was|We have|We note] a shipment
        [The goods|The parcel|The box] [left|is on the way|went to the courier|was collected]"""),
    "return": _lines("""[They|He|She|The customer|The buyer|Someone] [returned|sent back|gave back|brought back] [it|this|the item]
        [A|Another|One] [return|returned item]
        [Returned|Sent back|Given back] [today|just now|by post]
        [There was|We have|We note] a return
        [The goods|The item] [came back|was returned|was sent back]"""),
    "refund": _lines("""[They|We|Accounting|The bank] [refunded|paid back|returned the money for|gave the money back for] [it|this|the item]
        [A|Another|One] refund
        [Refunded|Paid back] [today|just now|to the card]
        [There was|We have|We note] a refund
        The money was [refunded|paid back|given back]"""),
    "cancellation": _lines("""[They|He|She|The customer|The buyer|We] [cancelled|no longer want|no longer wants|called off|does not want] [it|this|the item|the order]
        [A|Another|One] cancellation
        [Cancelled|Called off] [today|just now|by mail]
        [There was|We have|We note] a cancellation
        [The order|It|The purchase] was [cancelled|called off]"""),
}

OUTCOME_LEADS = {
    "refund": _lines("""[A|The|One] refund
        [Refunded|Paid back] [in full|to the card]
        [The money|It] [was refunded|was paid back|went back]"""),
    "replacement": _lines("""[A|The|One] replacement
        [Replaced|Exchanged for a replacement]
        [The item|It] [was replaced|gets a replacement]"""),
    "credit": _lines("""[A|The|One] store credit
        [Credited|Given as store credit]
        [The account|The customer] got a store credit"""),
    "repair": _lines("""[A|The|One] repair
        [Repaired|Repair finished] [by us|in the workshop]
        [The item|It] was repaired"""),
    "discount": _lines("""[A|The|One] discount
        [Discounted|Reduced by a discount]
        [The price|The customer] got a discount"""),
}

# Natural sentences that any event may be told in; the words that tell which are below.
EVENT_FRAMES = _lines("""{customer} {verb} [the|a|one] {product}[, order|, purchase|, under number|, its number being|; the number is|, see] {order}.
    {customer}, who {verb} [the|a|one] {product}, [has|got|holds|gave|uses] [order|number|the number|code] {order}.
    [The|A|One|This] {product} {passive} {customer}[; the order is|, see order|; its number is|: number|, with order|. It was order|. Order:] {order}.
    Order {order}[, a {product},|, the {product},| (the {product})| -- a {product} --] {passive} {customer}.
    [Via|Through|Within|On|Per|Against|Beside] [order |number |the number |]{order} [the|a|one|this] {product} {passive} {customer}.
    [Under|Below|In|At|With|By|For|To|From|On|Near|Through|Via|Within|Inside|Behind] {order} [we note|there is|comes|stands|runs|we keep|one finds|you see] [a|the|one] {noun} [of|by|for|with|from] {customer}[:|,| -| and] [the|a|one] {product}.
    [Under|Below|In|At|With|By|For|To|From|On|Near|Through|Via|Within|Inside|Behind] {order}[: |, ]{customer} {verb} [the|a|one] {product}.
    [Under|Below|In|At|With|By|For|To|From|On|Near|Through|Via|Within|Inside|Behind] {order} [is|stands|runs|lies|comes|waits] [the|a|one] {product}[, {a} {noun} of| - {noun}:|, {a} {noun} for|; {a} {noun} by] {customer}.
    [{Opener}|{Opener}|{Opener}|{Word}] {order} [the|a|one|this|our|their|] {product} {passive} {customer}.
    [{Opener}|{Opener}|{Word}] {order} {customer} {verb} [the|a|one|] {product}.
    [{Opener}|{Opener}|{Word}] {order} [is|was|has|had|{word}|{word} {word}] [the|a|one|this] {product}[:|,| -|;] [a|the|one] {noun} [of|by|for|from|with] {customer}.
    {customer} {word} [the|a|this] {noun} [for|on|of|with|under] {order}, [what|and it|and this|meaning it] [was|means|brought|has|brings] [a|the|one] {product}.
    {customer} [did|sent|wrote|sees|saw|asked|began|gave|signed] [the|a|this] {noun} [for|on|of|with|under] {order}, [what|and it|and this|meaning it] [was|means|brought|has|brings] [a|the|one] {product}.
    {customer} [did|sent|wrote|sees|saw|asked|began|gave|signed|took|filed] [the|a|this|one|another] [{word} |][{noun}|{word}] [for|on|of|about] [the|a|one] {product}[ under| in| by|,| as|:] [order|number|the number|code] {order}[, {a} {noun}|; {a} {noun}| as {a} {noun}|. {Noun}].
    {customer} [put down|brought in|handled|finished|noted|wants|has|arranged] [the|a|their|one|] {noun} [for|of|from|by] {order}[: it is|, that is|; that names|, or| and so] [the|a|one] {product}.
    {customer} [put down|brought in|handled|finished|noted|wants|has|arranged] [the|a|their|one|] {noun} [for|of|from|by] {order} [and|with|plus|for|on] [the|a|one] {product}.
    {customer} [{word}|{word} {word}|did all] [for|of|from|by] {order}, [a|the|one] {product}[, as {a} {noun}|: {a} {noun}|; {noun}].
    {customer} {word} [{word} |][the|a|one|this] {noun} [for|of|on|with|over] [order |number |]{order}[, it is|, that is|, so|, namely|: it was|, as|] [the|a|one] {product}.
    {customer} {word} [the|a|one|this] {noun} [{word} |][for|of|on|with|over] [the|a|one] {product}[ and| in| with| as|,|;] [order|number|the number|its number] {order}.
    {customer} [has|had|saw|got|let|made|did|gave|took|kept|wants|wrote|asked] [the|us|it|all|this|their|a] [{word} |{word} {word} |][for|on|with|in|of|under] [order |number |]{order}[, a|, the|, which was the|, this being a|: a|; it was the] {product}[, {a} {noun}|; {a} {noun}| as {a} {noun}|. {Noun}].
    {customer} [has|had|saw|got|let|made|did|gave|took|kept|wants|wrote|asked] [the|us|it|all|this|their|a] [{word} |{word} {word} |][for|on|with|in|of|about] [the|a|one] {product}[, order|, number|, under| in order| with code] {order}[, {a} {noun}|; {a} {noun}| as {a} {noun}|. {Noun}].
    {customer} [put|sent|made|gave|did|wrote|had|got|took|saw|left] [in |down |us |]{a} {noun} [for|of|over|with|about|on] [the|a|one] {product}[ with|, with| and| under| by| as] [number|the number|code|order] {order}.
    {customer} [put|sent|made|gave|did|wrote|had|got|took|saw|left] [in |down |us |]{a} {noun} [for|of|over|with|about|on] [order |number |]{order}[, being|, which means|: it is|, in fact|, meaning] [a|the|one] {product}.
    {customer} had {a} {noun} [put|made|sent|given|written|set] [down|through|up|out|in|back] [for|of|over|about|on] [order |number |]{order}[, it is|, that being|; this is|:] [a|the|one] {product}.
    The {noun} [of|for|over|about|with] [order |number |]{order} [went over to|arrived with|landed with|ended with|got to|helped|pleased|waits for] {customer}[; it is|, it is|; this is|, since it was] [about|over|on|from] [the|a|one] {product}.
    The {product} [of|in|from|with|under] [order|number] {order} is [now |again |]a {noun}[;|,|:| -] {customer} [did it|asked us|wrote it|told us|wanted it|had it].
    [What|The thing] {customer} {verb} [is|was] [the|a|one] {product}, [order|number|with number|under order] {order}.
    [It was|It is|This is|That was] {customer} [who|that] {verb} the {product}, [under|in|with|see] [order|number] {order}.
    [About|Concerning|As to|Regarding|With|Over|On] the {product} [one|some|this|another|the] {noun} [with|naming|signed|of|for] {customer} [is here|was seen|stands in the book|turned up|was noted], [number|see|purchase|under] {order}.
    {Noun} [with|of|for|from|to|concerning] {customer}[:| -|,|;] [it is about|this means|that concerns|see|we mean|read] [order|number|purchase] {order}[, the|, a| and the| with the| for the] {product}.
    The {product} [out of|within|under|belonging to|inside] [order|number] {order} [means|makes|counts as|became|led to] a {noun}; {customer} [asked for it|did this|wanted that|signed|knows].
    {customer} [made|did|wanted|started|asked for|signed|has|gave us|filed|ordered] [the|a|this|one|their] {noun} [of|over|about|on|with|for] [order |number |]{order}, [this being|that is|meaning|in short|so|that means] [a|the|one] {product}.
    [Once|After|When|As soon as|Given that|Where|Whenever|Although|Unless|Since|While] {customer} {verb} it, [number|order|purchase] {order} [and|plus|along with|next to|for|holding] the {product} [was|got|gets|will be] [filed|put away|noted|done|marked].
    [For|From|To|Of|By|With|On] {customer} [we note|there is|we have|comes|came|is] a {noun}: [the|a|one] {product}, [order|number|under|see] {order}.
    The {noun} [of|for|over|about|under|with] [order |number |]{order} [concerns|belongs to|came to|is for|names|found|met] {customer}[;|,|:| -] [it|this|that] [covers|names|means|has|meant|holds] [the|a|one] {product}.
    The {noun} [by|of|for|with|from] {customer} [covers|names|means|has|includes|concerns] [the|a] {product}[;|,|:| and] [order|number|its order is|its number is|the number is] {order}.
    [Number|Order|Purchase|Code] {order} [stands for|is|means|counts as|was] a {noun}: {customer}, [one|a|the] {product}.
    [Our|The|This|A|That] {noun} [today|this week|again|now|as planned]: {customer} [with|and|gets|has|for] [the|a|one] {product}, [order|number] {order}.
    {order}, [the|a] {product}: [a|the|one] {noun}[,| of| for| by| from] {customer}.
    {order} [goes|belongs|points|leads] to {customer} [and|with] [a|the] {product}[,|;| as] [a|the] {noun}.
    [A|The|One] {noun}: {product}, {order}, {customer}.
    {Noun}, [number|order|code] {order}. [Name|Customer|Person|Party|Account]: {customer}. [Item|Article|Goods|Thing]: {product}.
    [See|Read|Note|Mind|Take] [order|number|the number] {order}: {customer} {verb} [the|a|one] {product}.
    [Now|Today|Here|Again|So|Then|Yesterday|Finally] {customer} {verb} [the|a|one] {product}[,| and| -] [order|number|it is|this is] {order}.
    The {product}, [order|number|known as|filed as|under] {order}, {passive} {customer}.
    [The one who|Whoever|The person who] {verb} the {product} is {customer}[,|;| with] [order|number] {order}.
    With [the|a] {product}[, order|, number| under| in] {order}, {customer} [stands for|has|makes|means] a {noun}.""")

EVENT_TERMS = {
    "purchase": {"noun": ["purchase", "purchase", "new order", "sale"],
                 "verb": ["bought", "ordered", "purchased", "chose", "just bought", "took home"],
                 "passive": ["was bought by", "was purchased by", "was ordered by", "is now owned by", "found its buyer in"]},
    "payment": {"noun": ["payment", "payment", "paid bill", "paid invoice", "payment made"],
                "verb": ["paid for", "paid", "settled the bill for", "sent the money for", "has paid", "wired the sum for"],
                "passive": ["was paid by", "was paid for by", "has been paid by", "was settled by", "is paid, thanks to"]},
    "shipment": {"noun": ["shipment", "shipment", "dispatch", "parcel on its way"],
                 "verb": ["will receive", "is being sent", "waits for the parcel with", "was sent", "will soon hold"],
                 "passive": ["was shipped to", "was sent to", "travels to", "is under way to", "went by post to", "was dispatched for"]},
    "return": {"noun": ["return", "return", "returned item"],
               "verb": ["returned", "sent back", "gave back", "brought back", "mailed back", "no longer keeps but returned"],
               "passive": ["was returned by", "was sent back by", "came back from", "was given back by", "was brought back by"]},
    "refund": {"noun": ["refund", "refund", "refunded sum"],
               "verb": ["got back the money for", "was refunded for", "received a refund for", "was paid back for", "got a refund on"],
               "passive": ["was refunded to", "brought a refund to", "meant money back for", "was paid back to"]},
    "cancellation": {"noun": ["cancellation", "cancellation", "cancelled order"],
                     "verb": ["cancelled", "called off", "does not want", "no longer wanted", "has cancelled", "dropped"],
                     "passive": ["was cancelled by", "was called off by", "is not wanted by", "was dropped by"]},
}

OUTCOME_FRAMES = _lines("""[Agent: ||][On|By|As of|Since|From|Dated|Until] {date} [our|the|a|my|your] [team|desk|manager|office|people|colleague|shop|{word}] [gave|made|did|booked|arranged|approved|signed|ended|{word}] [the|a|your|this] {noun}[, priced at| of| over|, value|, in all|:|, that is|,] {amount}.
    Agent: [On|By|As of|From|Since] {date} [our|the|my] [bench|lab|mechanics|people|team|colleagues|technicians|desk] [ended|closed|made|brought|handed over|did|completed] [the|a|your] {noun}[, valued at| for|, at|, priced| of|, cost] {amount}.
    Agent: [A|One|The] {noun} [of|over|for] {amount} is [yours|valid|made|noted|booked|sent out] [on|from|since|as of] {date}.
    [The|Your|A|This] {noun} [is|was|stands at|reached|equals|came to] {amount}[,| and| -|;] [it|this|that] [came|counts|holds|dates|was made|is valid] [on|from|as of] {date}.
    [Agent: ||][There is|There was|We have|I see|I note|You have|You see] [a|the|one|your] {noun} [on|of|from|dated|as of] {date}[, worth|, of| for|:|, namely|, and it is] {amount}.
    {amount} [is|was] [the sum of|the value of|booked for|meant as|given for|noted as] the {noun}[,| and|;] [dated|of|on|from|as of] {date}.
    [{Opener} |{Opener} {word} |{Opener} {word} {word} |{Word} {word} ]{amount} [was|were|is|are|got|came] [{word} |]as {a} {noun}[, and|;|, which|, as|,] [it|that|this|all] [was|came|is|{word}] [on|as of|from] {date}.
    [{Opener} |{Opener} {word} |{Opener} {word} {word} |{Word} {word} ]{amount} {passed}[, and|;|, which|, as|,| -] [it|that|this|all|the day] [was|came|is|{word}] [on |as of |from |]{date}.
    [{Opener} on|{Opener} {word} on|{Word} {word}, on|On] {date} {amount} {passed}[.|, {word} {word}.]
    [By|With|Through|After|Thanks to] [a|the] {noun} [of|over|for|worth] {amount}[, dated|, on| on|, as of|, made on] {date}[,| -] [this|it|everything|all] [ended|was settled|is done|is good].
    [The customer|They|He|She|You] [took|liked|accepted|wanted|signed|gets] [a|the|this] {noun} [of|over|for|worth|at] {amount}[ on|, on|, dated|;|, as of|, day] {date}.
    {Noun}: {amount}[,| on|;| -|, dated| as of] {date}.
    {Noun} [on|of|dated|from] {date}[:| for| over|, worth| -] {amount}.
    [Agent: ||][My|Our|The] [word|offer|answer|last step|way out] [is|was] [a|the] {noun}[: | of | over |, ]{amount}[, on| on|, dated|, from] {date}.
    [On|As of|From] {date} [there was|came|we had|you had|they got] [the|a] {noun}[,| of|:| over] {amount}.
    [What|All that] [came|followed|helped|was done] [was|is] [a|the] {noun} [of|worth|over] {amount}[ on|, on|; the date is|, dated] {date}.""")

# What happens to an outcome's amount, where that alone tells the outcome.
OUTCOME_PASSED = {
    "refund": _lines("[was|were|has been|got] [refunded|paid back|given back|sent back|returned] [to the card|to them|to you|in full|{word}|]"),
    "replacement": _lines("[was|is] [the price of|the worth of|what we paid for] [a|the] replacement"),
    "credit": _lines("[was|were|got|has been] [added|booked|given|put] [{word} |][as|in] store credit"),
    "repair": _lines("[was|is] [the price of|the worth of|what we paid for|the cost of] [a|the] repair"),
    "discount": _lines("[was|were|got|came] [off as a discount|given as a discount|left off, a discount]"),
}

OUTCOME_NOUNS = {
    "refund": ["refund"],
    "replacement": ["replacement", "replacement", "new one as a replacement"],
    "credit": ["store credit", "store credit", "credit for the store", "credit in the shop"],
    "repair": ["repair", "repair", "finished repair", "repair at our bench"],
    "discount": ["discount", "discount", "discount on the price"],
}

FORM_KEYS = {
    "customer": _lines("""[Name|Customer|Caller|Client|Sender|Buyer|Person|Who|From|Writer|Owner|Contact|Party|Guest|Member]
        [Name|Customer|Full name|Caller|Contact|Person] [here|given|on file|of buyer|of client|{word}]"""),
    "product": _lines("""[Product|Item|Article|Model|Device|What|Thing|Object|Subject|Goods|Unit|Piece]
        [Bought|Purchased|Ordered|Chosen|Owned|Sold|Broken|Faulty|Returned|Affected|Used|Paid|Sent] [thing|article|product|device|unit|goods|piece|model|{word}]
        [Bought|Purchased|Ordered|Chosen|Owned|Sold|Broken|Has]
        [Thing|Article|Product|Device|Unit|Piece|Model] [bought|ordered|meant|owned|in question|{word}]"""),
    "order": _lines("""[Order|Order number|Order code|Reference|Number|Purchase|Code|Order no|Our number|Its number]
        [Number|Code|Reference|Sign|Key|Mark] of [it|this|purchase|the purchase|the sale|the {word}|that]"""),
}

CASE_LEADS = _lines("""[A|One|Another] [message|case|call|letter|request]
    [This|The] [case|file|matter|note]
    [Somebody|A customer] [wrote|called|asked us] [today|about a fault|with a question]
    [Hello|Good day], [I need help|please read this]
    [Written|Noted] [by the desk|at the counter]""")

PROBLEM_LEADS = _lines("""[The|My|Our|Their|One|The main] [problem|fault|trouble|issue|defect|point|matter|difficulty|reason|question] [is|was|seems to be|remains|here is] that
    [The|My|Our|Their|One|The main] [problem|complaint|trouble|issue|defect|point|matter|difficulty|reason|concern] [is|was|follows|is as follows|in short]:
    [The|My|A] [complaint|trouble|issue|defect|message|description] [of the customer|in the file|on the form|given] [is|was|says] that
    [Problem|Trouble|Issue|Defect|Reason|Concern|Description|Symptom|Error|Note][:| -|,]
    [What happens|What is wrong|What we see|What I found|What was written|What bothers me] [is|is this|is that|was this][:|,|]
    [I|We|The customer|He|She|They|The caller|My wife] [say|says|see|found|think|wrote|told us|claim|mention|described|believe|mean] that
    [I|We|The customer|He|She|They|The caller] [say|says|wrote|told us|mention|explained][:| this:| the following:]
    [To be exact|In short|Briefly|As I said|In other words|By the way|As the photos show|From what I can tell|So|Well|Look], [it is clear that|it is so that|]
    [It|This] [appears|is clear|is certain|was found|was said|was reported|is true|is a fact] that
    [Because|Since yesterday|Suddenly|Again|Still|For days|From the start|Right away|Each morning|Now and then|Here]
    [Please help|I am sad|I am angry|It is strange|Not good|Bad news|A pity], [because|since|for|as|]
    {word} {word} that
    {word} {word}:
    {word} {word} {word},""")

PROBLEM_TAILS = _lines(""".
    .
    .
    .
    !
    , [that is all|as you see|sadly|I think|they say|so they wrote|as before|every day].
    , [and|but|so] [it|this|nobody|we|they] {word} {word}.
    , which [is|was] {word} {word}.
    . {word} {word} {word}.""")

# What follows a problem that begins its own sentence, and tells it from talk.
PROBLEM_SIGHTS = _lines(""", which [I|we|he|she|they|nobody|everybody|the customer|my wife] [saw|found|heard|felt|spotted|understood|expected|met] [later|early|first|again|today|soon|by chance|{word}].
    , which [is|was|became|got] [seen|found|clear|plain|spotted|felt|heard|known] [later|early|first|again|today|soon|quickly|{word}].
    , and [I|we|he|she|they|nobody] [saw|found|heard|felt|spotted|understands|likes] [it|that|this] [later|early|first|again|today|soon|{word}].
    , [seen|found|heard|felt|spotted] [later|early|first|again|today|soon|by chance|{word}].
    , [so|as] [I|we|he|she|they] [saw|found|heard|felt|spotted|said|wrote] [later|early|first|again|today|soon|{word}].
    , [this|that|it] [is|was] [the fault|the trouble|the reason|the defect|my problem|why I write|what bothers me].
    , [a fault|trouble|a defect|something] [I|we|he|she|they] [saw|found|heard|felt|spotted] [later|early|first|again|today|soon|{word}].
    [ -|:|;] [that|this|it] [is|was] [seen|found|clear|plain|wrong|the fault|bad|{word}].
    , [though|although|while|even if] [it|this] [was|is] [new|good|dear|cheap|rarely used|{word}].
    , [as|which|and that] [was|is|came] [{word}|{word} {word}|on day one|in the first hour|after an hour].""")

CLAUSES = {
    "customer": _lines("""[for|from|by|of|with|concerning] {customer}
        [the|our] [customer|client|buyer|person] [is|was|being] {customer}
        [customer|client|buyer|name|person|caller] {customer}
        [Customer|Client|Name|Buyer]: {customer}
        ({customer})
        {customer} [wrote|called|asked|signed|did it|is the name|is behind it|took part]
        [asked for|signed|requested|written] by {customer}
        {customer} {word}
    {customer} {word} {word}
    {word} {customer} {word}
    {customer}"""),
    "order": _lines("""[order|order number|number|the order|purchase] {order}
        [under|with|see|as|in|from] [order|number|order number|the number] {order}
        [its|the|whose] [order|number|order number] [is|was] {order}
        [Order|Number|Order number]: {order}
        ([order|number] {order})
        {order} [is the number|is the order|in our system]
        [under|in|from|of] {order}
        {order}"""),
    "product": _lines("""[for|with|about|concerning|of] [the|a|one] {product}
        [the|its] [item|product|article|goods] [is|was|being] [the|a] {product}
        [item|product|article] {product}
        [Item|Product|Article]: {product}
        ([a|the|one] {product})
        [the|a|one] {product} [was in it|is meant|inside|of ours]
        [the|a|one|namely the|which is a] {product}
        {product} {word}
    {word} {product} {word}
    {product}"""),
    "amount": _lines("""[for|with|worth|of|at] {amount}
        [the|its] [amount|sum|total|value] [is|was|being] {amount}
        [amount|sum|total|value] {amount}
        [Amount|Sum|Total|Value]: {amount}
        ({amount})
        {amount} [in all|in total|altogether]
        [that is|which makes|namely] {amount}"""),
    "date": _lines("""[on|dated|as of|from] {date}
        [the|its] [date|day] [is|was|being] {date}
        [date|day] {date}
        [Date|Day]: {date}
        ({date})
        [that was|it happened|this was|booked|done|noted] [on|on the day] {date}
        {date}"""),
}
