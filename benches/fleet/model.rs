//! The fleet as queues: each login takes processor time in an instance, lookups at a controller, and processor
//! time again.

use std::collections::VecDeque;

use super::{
    events::Events,
    figures::{AGAIN, Figures, MAX_LOGINS},
    hpa::Hpa,
    random::Random,
};

/// A balancer takes a machine out that answers no health check, after so many seconds.
const NOTICED: f64 = 4.0;

/// What is to be tried.
#[derive(Debug)]
pub struct Trial<'a> {
    pub figures: Figures,
    pub instances: usize,
    /// When each user comes, in seconds.
    pub arrivals: &'a [f64],
    /// When the first instance dies, for good.
    pub dies_at: Option<f64>,
    /// Whether, and how, the number of instances follows the load.
    pub hpa: Option<Hpa>,
}

/// What became of the users.
#[derive(Debug)]
pub struct Outcome {
    /// Seconds that each waited, from the first try, in order.
    pub waits: Vec<f64>,
    /// Tries that were told to come back, or lost with the instance that died.
    pub again: u64,
    /// Instances at the end.
    pub instances: usize,
    /// The share of the processors of all instances that was busy, from first arrival to last.
    pub busy: f64,
}

impl Outcome {
    /// The wait of the user below whom this share is.
    pub fn quantile(&self, share: f64) -> f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index into a list that fits in memory"
        )]
        let index = (share * self.waits.len() as f64) as usize;
        let last = self.waits.len().saturating_sub(1);
        self.waits.get(index.min(last)).copied().unwrap_or(0.0)
    }
}

#[derive(Debug, Clone, Copy)]
enum Event {
    /// The user tries.
    Try {
        user: usize,
    },
    /// An instance has done a part of the user's login.
    Done {
        instance: usize,
        user: usize,
        life: u32,
    },
    /// A controller has answered.
    Answered {
        controller: usize,
        instance: usize,
        user: usize,
        life: u32,
    },
    Dies,
    /// The autoscaler looks.
    Look,
    /// New instances are ready.
    Ready {
        count: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Before,
    Lookups(u32),
    After,
}

#[derive(Debug, Default)]
struct Instance {
    dead: bool,
    /// Counts what was lost: what it was busy with when it died does not end.
    life: u32,
    busy: u32,
    under_way: usize,
    queue: VecDeque<usize>,
}

#[derive(Debug, Default)]
struct Controller {
    busy: u32,
    queue: VecDeque<(usize, usize, u32)>,
}

struct Model<'a> {
    figures: Figures,
    arrivals: &'a [f64],
    events: Events<Event>,
    random: Random,
    parts: Vec<Part>,
    /// At which instance each user's login is under way.
    places: Vec<Option<usize>>,
    instances: Vec<Instance>,
    controllers: Vec<Controller>,
    /// Round robin.
    turn: usize,
    /// Until when the balancer still gives logins to the dead instance.
    unnoticed: f64,
    hpa: Option<Hpa>,
    coming: usize,
    work: f64,
    work_seen: f64,
    looked: f64,
    outcome: Outcome,
}

/// Lets all users sign in.
pub fn run(trial: &Trial<'_>) -> Outcome {
    let mut model = Model::new(trial);
    while let Some((now, event)) = model.events.next() {
        model.happens(now, event);
        if model.outcome.waits.len() == trial.arrivals.len() {
            break;
        }
    }
    model.end()
}

impl<'a> Model<'a> {
    fn new(trial: &Trial<'a>) -> Self {
        let mut events = Events::default();
        for (user, at) in trial.arrivals.iter().enumerate() {
            events.plan(*at, Event::Try { user });
        }
        if let Some(at) = trial.dies_at {
            events.plan(at, Event::Dies);
        }
        if let Some(hpa) = &trial.hpa {
            events.plan(hpa.every, Event::Look);
        }
        let controllers = trial.figures.controllers as usize;
        Self {
            figures: trial.figures,
            arrivals: trial.arrivals,
            events,
            random: Random::new(1),
            parts: vec![Part::Before; trial.arrivals.len()],
            places: vec![None; trial.arrivals.len()],
            instances: std::iter::repeat_with(Instance::default)
                .take(trial.instances)
                .collect(),
            controllers: std::iter::repeat_with(Controller::default)
                .take(controllers)
                .collect(),
            turn: 0,
            unnoticed: 0.0,
            hpa: trial.hpa.clone(),
            coming: 0,
            work: 0.0,
            work_seen: 0.0,
            looked: 0.0,
            outcome: Outcome {
                waits: Vec::with_capacity(trial.arrivals.len()),
                again: 0,
                instances: trial.instances,
                busy: 0.0,
            },
        }
    }

    fn happens(&mut self, now: f64, event: Event) {
        match event {
            Event::Try { user } => self.tries(now, user),
            Event::Done {
                instance,
                user,
                life,
            } => {
                if self.instances[instance].life == life {
                    self.done(now, instance, user);
                }
            }
            Event::Answered {
                controller,
                instance,
                user,
                life,
            } => {
                self.controllers[controller].busy -= 1;
                self.look_up(now, controller);
                if self.instances[instance].life == life {
                    self.answered(now, instance, user);
                }
            }
            Event::Dies => self.dies(now),
            Event::Look => self.look(now),
            Event::Ready { count } => {
                self.coming -= count;
                self.instances
                    .extend(std::iter::repeat_with(Instance::default).take(count));
            }
        }
    }

    fn tries(&mut self, now: f64, user: usize) {
        let Some(instance) = self.balance(now) else {
            return self.again(now, user);
        };
        let one = &mut self.instances[instance];
        if one.dead || one.under_way >= MAX_LOGINS {
            return self.again(now, user);
        }
        one.under_way += 1;
        self.places[user] = Some(instance);
        self.parts[user] = Part::Before;
        self.queue(now, instance, user);
    }

    fn again(&mut self, now: f64, user: usize) {
        self.outcome.again += 1;
        self.events.plan(now + AGAIN, Event::Try { user });
    }

    /// The next one that the balancer knows nothing bad of.
    fn balance(&mut self, now: f64) -> Option<usize> {
        for _ in 0..self.instances.len() {
            self.turn = (self.turn + 1) % self.instances.len();
            if !self.instances[self.turn].dead || now < self.unnoticed {
                return Some(self.turn);
            }
        }
        None
    }

    fn queue(&mut self, now: f64, instance: usize, user: usize) {
        self.instances[instance].queue.push_back(user);
        self.work(now, instance);
    }

    /// Gives the instance's free processors what waits.
    fn work(&mut self, now: f64, instance: usize) {
        let one = &mut self.instances[instance];
        while one.busy < self.figures.cpus
            && let Some(user) = one.queue.pop_front()
        {
            let mean = match self.parts[user] {
                Part::Before => self.figures.before,
                _ => self.figures.after,
            };
            let takes = self.random.about(mean);
            one.busy += 1;
            self.work += takes;
            let life = one.life;
            self.events.plan(
                now + takes,
                Event::Done {
                    instance,
                    user,
                    life,
                },
            );
        }
    }

    fn done(&mut self, now: f64, instance: usize, user: usize) {
        self.instances[instance].busy -= 1;
        if self.parts[user] == Part::Before {
            self.parts[user] = Part::Lookups(self.figures.lookups);
            self.ask(now, instance, user);
        } else {
            self.instances[instance].under_way -= 1;
            self.places[user] = None;
            let waited = now + self.figures.elsewhere - self.arrivals[user];
            self.outcome.waits.push(waited);
        }
        self.work(now, instance);
    }

    /// Each instance has a controller that it asks first.
    fn ask(&mut self, now: f64, instance: usize, user: usize) {
        let controller = instance % self.controllers.len();
        let life = self.instances[instance].life;
        let queue = &mut self.controllers[controller].queue;
        queue.push_back((instance, user, life));
        self.look_up(now, controller);
    }

    fn look_up(&mut self, now: f64, controller: usize) {
        let one = &mut self.controllers[controller];
        while one.busy < self.figures.at_once
            && let Some((instance, user, life)) = one.queue.pop_front()
        {
            one.busy += 1;
            let takes = self.random.about(self.figures.lookup);
            let answered = Event::Answered {
                controller,
                instance,
                user,
                life,
            };
            self.events.plan(now + takes, answered);
        }
    }

    fn answered(&mut self, now: f64, instance: usize, user: usize) {
        match self.parts[user] {
            Part::Lookups(left) if left > 1 => {
                self.parts[user] = Part::Lookups(left - 1);
                self.ask(now, instance, user);
            }
            _ => {
                self.parts[user] = Part::After;
                self.queue(now, instance, user);
            }
        }
    }

    fn dies(&mut self, now: f64) {
        let one = &mut self.instances[0];
        *one = Instance {
            dead: true,
            life: one.life + 1,
            ..Instance::default()
        };
        self.unnoticed = now + NOTICED;
        // Who was under way there sees an error, and tries again.
        for user in 0..self.places.len() {
            if self.places[user].take_if(|place| *place == 0).is_some() {
                self.again(now, user);
            }
        }
    }

    fn look(&mut self, now: f64) {
        let Some(hpa) = &mut self.hpa else { return };
        let alive = self.instances.iter().filter(|one| !one.dead).count();
        #[expect(clippy::cast_precision_loss, reason = "a number of instances")]
        let capacity = (now - self.looked) * alive as f64 * f64::from(self.figures.cpus);
        let busy = (self.work - self.work_seen) / capacity;
        (self.work_seen, self.looked) = (self.work, now);
        let more = hpa.more(busy, alive, self.coming);
        if more > 0 {
            self.coming += more;
            self.events
                .plan(now + hpa.start, Event::Ready { count: more });
        }
        self.events.plan(now + hpa.every, Event::Look);
    }

    fn end(mut self) -> Outcome {
        self.outcome.waits.sort_by(f64::total_cmp);
        self.outcome.instances = self.instances.len();
        let seconds = match self.arrivals {
            [first, .., last] => last - first,
            _ => 0.0,
        };
        #[expect(clippy::cast_precision_loss, reason = "a number of instances")]
        let capacity = seconds * self.instances.len() as f64 * f64::from(self.figures.cpus);
        self.outcome.busy = if capacity > 0.0 {
            self.work / capacity
        } else {
            0.0
        };
        self.outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        Figures {
            cpus: 2,
            before: 0.006,
            after: 0.004,
            lookup: 0.001,
            lookups: 1,
            controllers: 1,
            at_once: 1,
            elsewhere: 0.0,
        }
    }

    fn steady(rate: f64, count: u32) -> Vec<f64> {
        (0..count).map(|number| f64::from(number) / rate).collect()
    }

    fn trial(instances: usize, arrivals: &[f64]) -> Trial<'_> {
        Trial {
            figures: figures(),
            instances,
            arrivals,
            dies_at: None,
            hpa: None,
        }
    }

    #[test]
    fn who_is_alone_waits_for_the_work_alone() {
        let arrivals = steady(1.0, 200);
        let outcome = run(&trial(1, &arrivals));
        assert_eq!((outcome.waits.len(), outcome.again), (200, 0));
        let mean = outcome.waits.iter().sum::<f64>() / 200.0;
        assert!((mean - 0.011).abs() < 0.001, "{mean}");
        assert!((outcome.busy - 0.005).abs() < 0.001, "{}", outcome.busy);
    }

    /// Ten milliseconds on each of two processors: two hundred in a second and no more.
    #[test]
    fn above_what_the_processors_can_do_waits_grow_and_below_they_do_not() {
        let (below, above) = (steady(160.0, 4000), steady(240.0, 4000));
        let (below, above) = (run(&trial(1, &below)), run(&trial(1, &above)));
        assert!(below.quantile(0.99) < 0.1, "{}", below.quantile(0.99));
        // The last of them waits for those that were too many: 4000 / 200 − 4000 / 240 seconds.
        let last = above.quantile(1.0);
        assert!((2.8..5.0).contains(&last), "{last}");
        assert!(above.busy > 0.95, "{}", above.busy);
    }

    #[test]
    fn an_instance_that_dies_costs_its_users_another_try_and_nobody_the_login() {
        let arrivals = steady(200.0, 4000);
        let mut dying = trial(3, &arrivals);
        dying.dies_at = Some(10.0);
        let outcome = run(&dying);
        assert_eq!(outcome.waits.len(), 4000);
        // A third of four seconds.
        assert!((240..300).contains(&outcome.again), "{}", outcome.again);
        assert!(outcome.quantile(1.0) < 3.0 * AGAIN);
    }
}
