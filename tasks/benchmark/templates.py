"""The project's sentences: twenty a category and context, each with {} for the term."""

from __future__ import annotations

from tasks.domain.manifest import Category

SENTENCES: dict[Category, dict[str, str]] = {
    "drug": {
        "dictation": """
The plan is to continue {} at the present dose and to see him again in two weeks.
She tolerated the first dose of {} well and had no reaction during the infusion.
We will start {} this evening and watch for any reaction over the next two hours.
I reviewed the options with the family and they would like to try {} before anything else.
Because of her kidney function I have cut the dose of {} in half for now.
He has been stable on {} since the spring, and I see no reason to change it.
Please send a prescription for {} to the pharmacy near her home before she leaves today.
I explained that {} may take several weeks before he feels any real difference.
The patient asked whether {} could be stopped, and I advised against it at this time.
We switched her from the tablet to the liquid form of {} because she has trouble swallowing.
In view of the rash I am stopping {} today and we will recheck her on Friday.
The infusion of {} was paused for twenty minutes and then finished at a slower rate.
My recommendation is to add {} at bedtime and to see how he sleeps this week.
She should take {} with food, and she knows to call us if her stomach gets upset.
I would hold off on {} until we have the final report from the outside hospital.
After a long talk about cost we agreed to stay with {} for another three months.
He took his last dose of {} yesterday morning and has felt well ever since.
There is no need to taper {} after such a short course, so it ends on Sunday.
I counseled her about driving while she is getting used to {} at the higher dose.
The second dose of {} went in without any trouble and her pressure held steady.
""",
        "handoff": """
Bed four got {} at six this morning and is due for the next dose at noon.
Please hold the {} tonight until the morning labs are back and reviewed.
He is due for {} at ten tonight, and the bag is already in the room.
Pharmacy is sending up more {} because the last syringe was dropped on the floor.
She refused her {} this evening, so please offer it again after her family leaves.
We went down on the {} at noon and her pressure has been fine since then.
If he asks for more {} before midnight, call me first and do not give it.
The night team should know that {} was stopped because of the rash on his arms.
Bed two is waiting for the first dose of {}, and the consent is in the chart.
The line for {} is in the left arm, and the right one is only for blood draws.
Her daughter brought {} from home, so it is locked in the drawer by the sink.
Please double check the rate of {} with a second nurse when you hang the next bag.
I gave {} an hour early because he was leaving the floor for his scan.
There is an order for {} as needed, but she has not asked for any today.
Watch his breathing for an hour after {} because he was sleepy the last time.
We are running low on {} on this floor, so order the next dose by four.
He missed the morning {} while he was down for his scan, and the team knows.
She gets {} crushed in applesauce, and please sit with her until it is all gone.
The doctor wants {} restarted tomorrow as long as the overnight numbers look good.
No one has signed for {} yet, so please find out whether he really got it.
""",
        "chart_note": """
Patient takes {} at home every day and reports good adherence since the last visit.
Started {} on admission, no side effects were noted during the first two days.
Continues on {} without complaints, refill given for three months, will return in the fall.
Dose of {} was raised last week, and so far the patient has no new symptoms.
Held {} this morning before the scan, to be resumed with dinner if he is eating.
Patient ran out of {} five days ago and did not call the office for a refill.
No known reaction to {} in the past, and the family confirms this over the phone.
Tolerating {} well, appetite is good, weight is up one pound since the last visit.
Stopped {} at the request of the patient, who feels that it has not helped her.
Discharge list includes {} twice a day with food for the next ten days only.
Unclear whether he takes {} at home, so his pharmacy was called to confirm the dose.
Day three of {} with clear improvement, plan to finish the full course at home.
Reviewed the side effects of {} with the patient, who repeated them back correctly.
The chart lists {} as an allergy, but she has taken it twice without any problem.
Given {} in the emergency room with good effect, and no further doses were needed.
Will try {} at a low dose first and raise it slowly over the coming month.
Nurse reports that {} was given late because the patient was away from the floor.
Taking {} only on the days when he feels unwell, was advised to take it daily.
Insurance denied {} again this week, and a letter of appeal was sent on Tuesday.
Symptoms came back within days of stopping {}, so it was started again on Monday.
""",
        "history": """
He had a rash after {} about three years ago and has avoided it since then.
She was on {} for several months before her symptoms finally began to improve.
She took {} during both of her pregnancies and never had any trouble with it.
He remembers that {} made him very sleepy, so he stopped it after a few days.
Her old doctor prescribed {} about ten years ago, and she has taken it ever since.
He has tried {} twice in the past, each time without much of an effect.
She was given {} in the ambulance and felt better before she reached the hospital.
The only medicine he has ever reacted to is {}, which made his lips swell.
Before moving here she was getting {} every month at a clinic across the river.
He cannot say when {} was started, but his wife thinks that it was last winter.
She stopped taking {} on her own because a friend told her that it was dangerous.
His father took {} for many years, and he is worried about the same side effects.
She came off {} slowly over the summer and has had no return of her symptoms.
He used {} only on long trips and has not needed any for almost a year.
Two years ago {} was changed to something cheaper, and she did not do as well.
She says that {} helped a great deal at first and then seemed to wear off.
He was sent home on {} after his last stay but never filled the prescription.
As a child he had {} for a bad cough and broke out in red spots.
She has been taking half of her {} to make the bottle last until payday.
He had a long course of {} at the other hospital and tolerated it well.
""",
    },
    "procedure": {
        "dictation": """
The {} was completed without difficulty and the patient went back to the ward.
We discussed the risks and benefits of {} and the patient agreed to go ahead.
I have recommended {} and she would like to think it over with her husband.
The indication for {} was explained to him again, along with what else we could do.
We plan to perform {} early next week, provided that his breathing continues to improve.
After {} she was awake and comfortable, and she was taken to her room in good condition.
There were no complications during {}, and very little blood was lost in all.
He is a good candidate for {} in my opinion, despite his age and his weight.
Should the symptoms return, I would not hesitate to repeat {} within the next few months.
Because he takes a blood thinner, {} will be put off until the end of the week.
The patient was positioned and draped in the usual way before we began the {}.
I spoke with her daughter after the {} and told her that it went as planned.
Given these findings, we will go ahead with {} rather than wait for another scan.
The {} took a little over an hour, and the patient was stable the whole time.
She was quite nervous before {}, so we talked through every step of it once more.
I would like to see him back two weeks after {} to look at the wound.
We decided against {} for now, since the risks are greater than what she could gain.
Informed consent for {} was obtained from the patient with an interpreter on the phone.
The results of {} were discussed at our meeting on Thursday, and everyone agreed on the plan.
This is a pleasant woman who comes to us to be evaluated for {} in the spring.
""",
        "handoff": """
She is waiting for {} tomorrow, so nothing to eat or drink after midnight.
The {} this afternoon went well, please check on the site every two hours.
He goes down for {} at seven, so have him washed and ready by six.
She is back from {} and sleepy, so check on her every fifteen minutes for now.
His {} was moved to tomorrow because the room was needed for an emergency tonight.
The consent for {} is not signed yet, and his wife will be here at eight.
Keep her flat for four hours after {}, then let her sit up slowly.
Transport will come for bed six at noon for {}, and she needs to go on oxygen.
If the site of the {} starts to bleed, hold pressure and call us right away.
He has not had anything to eat since midnight because of {} in the morning.
The team is still talking about {}, so please do not tell the family anything yet.
Her ride home after {} is her son, and his number is on the board.
We are holding his blood thinner until after {}, and then it starts again at night.
She had some pain after {} but has been comfortable since about three this afternoon.
Please call the lab before {} to make sure that there is blood ready for him.
The {} was harder than they expected, so he is staying with us one more night.
He pulled out his line after {}, and we put a new one in his left hand.
Bed eleven keeps asking when {} will be, and I told her that we will know by noon.
The report of her {} should be back by morning and has to go to the team.
There was an order for {} in there twice, so I took one of them out.
""",
        "chart_note": """
Consent for {} was signed this morning and placed in the front of the chart.
Status after {} on day two, doing well and walking in the hall with help.
Scheduled for {} on Monday morning, instructions were given in writing and by phone.
Returned from {} at three, drowsy but easy to wake, site is clean and dry.
Patient declines {} at this time and understands that this may delay his treatment.
Tolerated {} well without sedation, went home with her sister one hour later.
Findings on {} were discussed with the patient, who had no further questions today.
Pain is well controlled since {}, and he walked the length of the hall twice.
Preparation for {} was incomplete, so it will have to be done again next week.
First day after {}, no fever overnight, eating a light breakfast without any trouble.
Referred for {} by his family doctor because of symptoms that began in early March.
The need for {} was reviewed on rounds, and the team prefers to wait for now.
Wound from {} is healing well, stitches were removed today and new tape was applied.
Follow up after {} shows good progress, return to work is planned for next month.
Unable to complete {} because the patient could not lie still for long enough.
Vital signs stable before and after {}, and the patient left the unit by wheelchair.
Pending {} this afternoon, patient has been without food or drink since last night.
Last {} was more than five years ago, and the next one is now overdue.
Blood thinner to be stopped three days before {} and started again the day after.
Reports mild soreness since {} yesterday, which is expected and should pass within days.
""",
        "history": """
He had {} at another hospital last year and we have asked for the report.
She has never had {} before and was quite anxious about what to expect.
Her first {} was done in the city when she was in her early thirties.
He needed {} twice as a young man and has done well since the second one.
She tells me that {} was planned last year, but her insurance would not cover it.
His recovery after {} was slow, and he was out of work for most of the summer.
She had a bad time with {} ten years ago and does not want it again.
He has a scar from {} as a child but cannot remember much about it.
After {} in May her symptoms went away completely for almost half a year.
His brother had {} for the same problem and now seems to be doing fine.
She was told that {} would be needed sooner or later, and she has put it off.
The records show that {} was done elsewhere, although we do not have the report.
He was in the hospital for nine days after {} because of a wound that would not heal.
She has had no surgery apart from {} when she was a student in college.
There was talk of {} when he was last here, but he got better without it.
Her mother died a few weeks after {}, and so she is afraid of it now.
He came through {} very well and was back on his bicycle within a month.
Between her first and second {} she lost a good deal of weight and strength.
He asks for {} because a neighbor had it and has been free of pain since.
Since {} two winters ago she has been seen in our clinic every few months.
""",
    },
    "anatomy": {
        "dictation": """
There is mild tenderness over the {} but no swelling and no redness today.
The {} appears normal in size and shape on the images from this morning.
On today's images the {} looks smaller than it did on the study from last month.
I palpated the {} carefully and could find neither a mass nor any tenderness there.
The incision was carried down to the {}, which was healthy and was left untouched.
There is a small cut over the {} that was cleaned and closed with three stitches.
Her pain begins near the {} and gets worse when she reaches above her head.
We compared the {} on both sides and could find no difference in size or warmth.
The swelling around the {} has gone down since we saw him in the office last week.
I am concerned about the {} and would like another set of images by Friday.
The {} was well seen throughout the study and shows no change from the last one.
An injury to the {} seems unlikely to me, since he can bear his full weight.
We took a small sample from the {} and sent it to the lab for review.
The skin over the {} is dry and intact, with no sign of pressure from the brace.
He points to the {} when I ask him to show me where it hurts the most.
The blood supply to the {} appears good, and the patient can feel a light touch.
Clear fluid was seen next to the {}, and we drained most of it with a needle.
In my view the {} has healed well enough that he can go back to sports.
There is an old scar across the {} from an accident when he was twelve.
The shadow near the {} on the film is most likely due to how he was lying.
""",
        "handoff": """
Watch the {} closely tonight and call us if the swelling gets any worse.
The dressing over the {} was changed at four and should stay dry until morning.
She has been complaining about her {} since supper, so please take another look at it.
The drain near the {} put out very little today and may come out tomorrow.
Keep the pillow under his {} and turn him every two hours through the night.
We marked the edge of the redness around the {} with a pen at five o'clock.
He bumped his {} on the bed rail this morning, and there is a small bruise now.
Ice goes on the {} for ten minutes every hour until she falls asleep.
The images of her {} are done, but nobody has read them yet as far as I know.
If the {} turns cold or pale, call the team right away and do not wait.
I changed the bandage on the {} twice because it was wet both times.
Do not use the arm on the side of the sore {} for any of her blood draws.
The pain in his {} is down to three, and he wants nothing more for it.
Please look at the {} with the day team in the morning before they change the dressing.
Her {} was numb when she came up to us, but the feeling is back now.
The team was here at six to look at the {} and were happy with it.
Check the pulse below the {} each time that you take his other vital signs.
There is still some oozing near the {}, about the size of a coin on the gauze.
He says that the {} itches under the cast, and we told him not to scratch.
They want another picture of the {} at midnight, so transport will come for her then.
""",
        "chart_note": """
Exam of the {} is unchanged from yesterday, with good color and no drainage.
Pain near the {} is better today and he now rates it two out of ten.
Mild swelling of the {} noted again today, no warmth, no change since last week.
Images of the {} were reviewed with the patient and compared to those from June.
Patient reports less stiffness in the {} after two weeks of daily exercises at home.
No visible injury to the {}, full range of motion, able to walk without help.
Wound over the {} measures two inches, edges are clean, dressing changed at noon.
Tender to touch at the {}, worse on the right side, with no bruising seen.
The {} is not enlarged today, and the rest of the exam is as it was before.
Complains of burning near the {} that began four days ago and comes at night.
Another look at the {} ordered for next week, patient was told to drink plenty of water.
Brace for the {} was fitted this morning, and the patient can put it on himself.
Soft tissue around the {} remains slightly swollen, will check it again in a month.
Sensation over the {} is reduced to light touch but otherwise the same as before.
The {} was examined under good light and no lesion was found on either side.
Heat to the {} gives some relief, so she will keep using it at home.
Improving strength around the {}, now able to lift a full cup without any pain.
Follow up for the {} in six weeks with new images taken before the visit.
Pressure area near the {} has closed, and the skin is pink and dry today.
Photographs of the {} were taken with permission and added to the chart this afternoon.
""",
        "history": """
She injured the {} in a fall many years ago and still has pain in the winter.
He noticed a lump near the {} about a month before he came to the clinic.
He hurt his {} while playing soccer in school and never had it looked at.
The pain in her {} started after a long flight and has come and gone since.
She has had trouble with her {} ever since the car accident in her twenties.
He felt something pull near the {} when he was lifting boxes in the garage.
Her sister had a growth removed from the {} at about the same age.
About a year ago the {} became swollen for a week and then got better alone.
She was born with a small mark on the {}, and it has never changed.
He worked with his hands for forty years, and his {} has bothered him for ten.
A scan of the {} was done at another clinic, and she was told it was fine.
She cannot recall any blow to the {}, but she does fall from time to time.
The ache around his {} wakes him up early and goes away when he moves about.
He had treatment to the {} as a young man and has been well since then.
Her {} was operated on in another country, and no records of it could be found.
For three months he has had a dull pressure near the {} after large meals.
The doctor at school once told him that his {} was a little larger than normal.
She first noticed the change in her {} while she was getting dressed one morning.
He wore a support on the {} for a season and then went back to running.
Nothing has been wrong with the {} before, and nobody in the family has had this.
""",
    },
    "condition": {
        "dictation": """
The findings are most consistent with {} and we will start treatment today.
I explained to the family that {} is the most likely cause of her symptoms.
I told her plainly that this is {} and that we have good ways to treat it.
With these results {} is now much less likely, and I am quite relieved about that.
He has a long record of {}, which has been under good control for several years.
My impression is {} of recent onset, and I would like to admit him overnight.
We talked about what {} means for her work and for her plans to travel.
There is nothing on the exam today to suggest {}, but we will keep an eye on it.
Her risk of {} is higher than average because of her age and her family.
The patient understands that {} can return and that he should call us if it does.
I believe that {} explains most of what he has been feeling since the fall.
Treatment for {} was begun in the emergency room and will be continued on the floor.
It is too early to say whether {} is the cause, so we will wait for the scan.
She is worried about {} because a close friend was found to have it last month.
In summary this is a young man with {} who is doing better than we expected.
We have ruled out {} as far as that is possible without taking a sample.
The course of her {} has been mild, and I see no need for anything stronger.
I reviewed the films again with {} in mind and found no clear sign of it.
His {} has become worse since the summer, and the family has noticed it as well.
The second opinion from across town agrees with us that {} is the right diagnosis.
""",
        "handoff": """
He came in last night with {} and has been stable on the floor since then.
We are still ruling out {} in bed nine, and the results should be back soon.
She was admitted for {} this afternoon, and her husband is staying in the room.
He has {} on top of everything else, so go slowly when you get him up.
The family does not know about the {} yet, and the doctor will tell them tomorrow.
We are treating her for {} until the results say that it is something else.
His {} was acting up around dinner, but he has been quiet for two hours now.
Bed three has {} and is on droplet precautions, so wear a mask in there.
If her {} gets worse during the night, the plan is to move her upstairs.
The new patient with {} is coming up from the emergency room in about an hour.
Day team thinks that it is {}, but the night doctor was not so sure about it.
She knows a lot about her {} and will tell you when something is not right.
Because of his {} he should not be lying flat for more than a few minutes.
Nothing new on his {} today, and he may go home on Thursday if that holds.
They are worried about {}, so please call for any change at all in how she looks.
Her chart says {} in two places, but she tells us that she never had it.
He is much better from the {} and is mostly bored, so a visit would help.
The screen for {} came back clear, and the sign can come off her door.
Please write down every time that he has trouble, since we still suspect {} here.
Her mother asked about {} again, and I said that the doctor would call her back.
""",
        "chart_note": """
Assessment is {} with slow improvement, continue the current plan and follow up.
Admitted for {} three days ago, now without fever and eating a normal diet.
Known {} without recent change, continue the present treatment, next visit in six months.
No signs of {} on exam today, and the patient has had no complaints since May.
Working diagnosis is {}, further tests were ordered today, results expected by tomorrow.
Patient was given a booklet about {} and was shown where to find more help.
History of {} since childhood, has not needed to stay in a hospital for years.
Improving {} on day four of treatment, no longer needs help to get out of bed.
Screening for {} was offered and accepted, and blood was drawn before she left the clinic.
Family meeting held about {}, with the son joining by phone and all questions answered.
Suspected {} was not confirmed on the scan, and the patient was told by phone.
Presents with {} for the third time this year, no clear trigger could be found.
Symptoms of {} are mild at rest but still keep him from climbing the stairs.
The patient is at high risk for {} and should be checked again within two weeks.
Discharged home with {} under good control, has a visit with us on the tenth.
Recurrent {} despite treatment, will ask for advice from the specialist clinic in the city.
No family member with {} is known, although little is known on the father's side.
Plan for {} was reviewed, she knows when to call and when to come in.
Reason for visit is {}, which the patient first noticed about three weeks ago.
Resolved {} since last visit, treatment was stopped, no further follow up is needed.
""",
        "history": """
Her mother and her older sister were both treated for {} in their fifties.
He was first told that he had {} when he was in college and has done well.
She had {} as a child and missed the better part of a year of school.
His grandfather died of {} in his forties, and this has always been on his mind.
He was treated for {} at another hospital and does not know what was given.
Since she was found to have {} she has changed her diet and walks every day.
About six years ago he had a bout of {} that kept him in bed for weeks.
There is no record of {} before the accident, although he had been tired for months.
She was checked for {} two years ago because of the same kind of complaint.
He thinks that his {} began after a trip abroad in the spring of last year.
Both of her sons have {}, and she takes care of them on her own.
She denies ever having had {}, but an old letter in the chart mentions it.
His {} has come back every winter for as long as he can remember.
Her aunt on the mother's side had {} late in life and did well with it.
He stopped seeing anyone about his {} when he lost his job three years ago.
She learned that she had {} by chance when she was seen for something else.
Apart from {} in college he has been healthy and has never been in a hospital.
There was a question of {} at her last physical, and nothing came of it.
He has lived with {} for twenty years and knows its ups and downs quite well.
A doctor once told her that it might be {}, but no tests were ever done.
""",
    },
    "lab": {
        "dictation": """
The {} came back a little higher than last week, so we will repeat it tomorrow.
Please add {} to the blood that was drawn this morning if there is enough left.
I am pleased to see that the {} has come down by almost half since March.
We will check {} again in three months, or sooner if she does not feel well.
The {} was drawn before treatment began, so it should reflect how he really was.
An abnormal {} on the outside report was the reason that she was sent to us.
His {} does not fit with the rest of the picture, and I would repeat it.
I called the patient at home to tell her that the {} was back to normal.
Let us hold treatment until the {} is known, which should be later this afternoon.
The trend in {} over the past year suggests that things are slowly getting better.
I do not put much weight on a single {}, since the sample was a day old.
Please make sure that {} is part of the blood work before her next visit.
The {} was slightly low today, and I have asked her to eat before the next draw.
With a {} like that I would expect him to feel much worse than he does.
We talked about what the {} tells us and about what it cannot tell us.
If the next {} is no better, I will ask a colleague to look at the case.
Among her results only the {} stands out, and the rest are as they should be.
His {} was checked at the pharmacy last week, but I do not have the number.
I have ordered {} together with the usual panel and will call him with the results.
The {} that we sent to the other lab will take about ten days to come back.
""",
        "handoff": """
The {} is still pending and the night team should follow up on the result.
His last {} was normal, so there is no need to wake him for another draw.
His {} has to be drawn at midnight exactly, and the tube is on the counter.
The lab called about her {} at five, and the doctor was told right away.
We sent the {} twice because the first sample was too small to be used.
If the {} comes back over the limit, stop the drip and page the team.
She is a hard stick, so try to get the {} with the other morning labs.
No one has looked at his {} from noon, so please pull it up when you can.
The {} was better this evening, and they want one more before breakfast tomorrow.
Her {} is drawn from the line in the neck and not from the arm.
Call the lab if there is no {} by nine, since they lost one yesterday.
The tube for {} goes on ice and has to be walked down by hand.
He will go home tomorrow if the {} is stable, and his wife already knows that.
The morning {} was a mistake, because they drew it above the running fluid.
Please remind the day team that her {} has not been checked since last Friday.
They changed the plan after the {} came back, so read the new orders first.
Bed eight needs a {} four hours after the dose, which will be around two.
I could not find the result of his {} anywhere, so it may never have been sent.
The doctor wants to hear about the {} tonight no matter how late it gets.
Her last {} looked fine to me, but please check it against the one from yesterday.
""",
        "chart_note": """
The {} was within normal limits today and has been stable since admission.
We will trend {} every morning and call the specialist if it keeps rising.
Repeat {} in the morning, fasting, patient was told not to eat after ten tonight.
Results today include a normal {} and no other change from the last visit.
The {} remains above the normal range for the third time in a row this year.
No {} on file for the past two years, so one was ordered and drawn today.
Patient asked for a copy of her {}, which was printed and handed to her.
Elevated {} was discussed by phone, will come back on Thursday to have it repeated.
Sample for {} was lost in transport, patient agreed to come in again on Monday.
Home testing of {} was explained, and the patient showed that she can do it alone.
The {} improved after two days of fluids and rest, discharge planned for tomorrow.
Drawn for {} at eight this morning without any trouble, patient went home right after.
Last {} was borderline, no treatment for now, will look at it again in spring.
Request for {} was added to the blood already in the lab, result expected tonight.
The {} has been steady over four visits, will go from monthly to yearly checks.
Patient is aware of the low {} and has been told which foods may help.
Reviewed {} with the team on rounds, no change in treatment was felt to be needed.
Critical {} was called to the floor at six and read back by the nurse.
Unable to interpret {} today because the sample was not handled as it should be.
Goal for {} was set together with the patient, to be reviewed in three months.
""",
        "history": """
Her {} has been checked twice a year since she was first seen in our clinic.
He was sent to us because his {} was found to be high on a routine visit.
His {} was first found to be high when he applied for life insurance.
She has kept a list of every {} since her first visit nine years ago.
There is a {} from another hospital, but the units there are not the same.
He was told that his {} was a little off and that he should not worry.
Her {} went up after the birth of her second child and stayed up since.
As far as he knows his {} has never been checked outside of this clinic.
The {} was normal at her yearly physical, about four months before she became ill.
His brother also has an abnormal {}, and nobody has ever found out why.
She had her {} checked at a health fair last fall and was told to see someone.
During his last stay the {} was drawn every day and slowly came back down.
She stopped coming for her {} when the clinic near her home closed its doors.
He brings a letter saying that his {} had doubled within less than half a year.
Her family doctor has followed the {} closely and sends us the results each time.
Before this illness his {} had always been well within the range for his age.
An old {} in the paper chart was already on the high side back then.
She was once turned down as a blood donor because of her {} at that time.
He has had a low {} on and off for years without feeling any different.
The first {} after her move was so unusual that it was repeated the same day.
""",
    },
    "role": {
        "dictation": """
I discussed the case with the {} this afternoon and we agreed on the plan.
The {} will see the patient before discharge and review the home exercises.
I have asked the {} to see her tomorrow and to give us a second opinion.
The {} was present throughout and agreed that nothing more should be done today.
A copy of this letter goes to the {} who has known him for many years.
After speaking with the {} I feel comfortable sending her home this afternoon.
We are grateful to the {} for sending us this pleasant and interesting young man.
The {} raised the question of diet, and we talked about it at some length.
In the opinion of the {} it is safe for him to return to light work.
I would like the {} to be involved before we make any change in her treatment.
The {} stopped by during the visit and answered the questions that I could not.
She will meet with the {} next Tuesday and then come back to see me.
According to the {} he did everything that was asked of him without any pain.
I discussed these findings in person with the {} at about four this afternoon.
The patient would prefer to stay with the {} whom she has seen up to now.
If there is no progress by May, I will refer him to a {} in the city.
The {} and I examined her together, and our impressions were very much the same.
I have left a message for the {} and expect to hear back before the weekend.
The report of the {} was most helpful, and I have changed my plan because of it.
He was advised by the {} to rest for a week, which I think is reasonable.
""",
        "handoff": """
Page the {} if her pressure drops again or if she becomes short of breath.
The {} on call tonight already knows about him and will come by at eight.
The {} was here at three and wants to be called with any change tonight.
Ask the {} to come by before supper, since the family has a few more questions.
I already told the {} about the fall, and there is a note in the chart.
No word yet from the {}, so please try that pager again in half an hour.
The {} will be late tomorrow, and the morning visit has been moved to ten.
She only wants to talk to the {} she met yesterday and to no one else.
If the daughter calls, tell her that the {} will phone her back in the morning.
The {} left new orders at the desk, and I have not had time to read them.
He needs two people to get up, and the {} said the same thing this morning.
Let the {} know when he wakes up, because they want to see him right away.
The night {} is new on this floor, so show her where we keep everything.
Please have the {} sign the form by the door before the patient goes down.
We are waiting for the {} to clear her, and then she can go home.
The {} thinks that she can eat now, so I ordered her a soft tray.
There is only one {} for both floors tonight, so call early if you need help.
He got upset with the {} at lunch, and we agreed to give him some space.
The {} will check the brace at seven and show the family how it goes on.
When I left the room the {} was still in there talking with his wife.
""",
        "chart_note": """
Seen with the {} on rounds today, family at bedside, all questions answered.
A note from the {} was reviewed and the suggested changes were made today.
Evaluated by the {} this morning, see separate note, no new orders at this time.
The {} was called at noon about the low pressure and came within ten minutes.
Referral to the {} was placed today, and the visit should be within two weeks.
Patient met with the {} for half an hour and was given exercises to do at home.
Per the {} he may walk in the hall with a walker and one person at his side.
Spoke with the {} by phone, who agrees with the plan to go home on Friday.
The {} asked for one more night on the unit before the patient is moved.
Missed the visit with the {} last week because of snow, was rescheduled for Monday.
Family requests to speak with the {} again, and a message was left at the desk.
Goals were set by the {} together with the patient and will be reviewed each week.
Seen by a {} at another hospital last month, and the report has been requested.
The {} explained the plan in plain words, and the patient could repeat it back.
Awaiting the advice of the {}, no change in treatment until we have heard it.
Care was handed over to the {} at seven in the evening without any open issues.
Patient is known to the {} from an earlier stay and was glad to see her.
The {} found her in good spirits, sitting up in the chair and reading a book.
Signed off by the {}, who does not need to see the patient any further.
Recommendations of the {} were reviewed with the patient, who would like to follow them.
""",
        "history": """
He was followed by the {} in his home town until he moved here last spring.
She has seen the {} twice this year and has another visit in the summer.
She has been going to the same {} since she moved here with her parents.
He saw a {} once about this many years ago but did not go back.
The {} in his village used to look after the whole family until she retired.
Her last visit with the {} was in the summer, shortly before she fell ill.
He says that no {} has ever been able to tell him what was wrong.
She worked as a {} herself for thirty years and knows the hospital quite well.
A {} at the first hospital told him that he would not walk again, and he does.
His mother was a {}, and so he has been around hospitals since he was small.
She was sent to the {} at the age of nine because she was slow to grow.
The {} who saw him at the airport gave him something to help him sleep.
For about two years she had a {} come to the house every week.
He lost touch with his {} when the office moved to the other side of town.
Her sister is married to a {}, and it was he who told her to come.
He has never been to a {} before and was not sure what it would be like.
The {} she saw last spring thought that stress was the cause of it all.
According to his wife the {} had warned him about this more than once.
She has a letter from her {} with all of her results from the past year.
He was in the care of a {} from childhood until he left for college.
""",
    },
}
