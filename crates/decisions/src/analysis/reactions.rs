//! AnalysisTriggerHandler: completing a component publishes what follows from it.

use althing_backbone::{Event, HandlerResult, Subscription, Timestamp, Uow, reaction};
use althing_events::decisions::{
    ComponentCompleted, DqScoresComputed, PughScoresComputed, Scores, TensionCounts, TradeoffsAnalyzed,
};

use super::{Analysis, DecisionQualityResult, analyse};
use crate::cycle::port as cycles;
use crate::document::history::outputs_at_completion;
use crate::outputs::ComponentType;
use crate::purge::is_purged;

/// The subscriptions of the analysis.
pub fn subscriptions() -> Vec<Subscription> {
    vec![reaction("analysis-trigger").from_beginning().on(completed).into()]
}

/// Looks at the outputs as they were at the completion, also when it comes late.
async fn completed(Event(event): Event<ComponentCompleted>, mut uow: Uow) -> HandlerResult {
    let component = ComponentType::parse(&event.component_type);
    let Some(component) = component.filter(|component| is_analysed(*component)) else {
        return Ok(());
    };
    let then = outputs_at_completion(&*uow, event.cycle_id, component, event.completed_at).await?;
    let outputs = match then {
        Some(outputs) => outputs,
        None if is_purged(&*uow, event.session_id).await? => return Ok(()),
        None => cycles::outputs(&*uow, event.cycle_id).await?,
    };
    let analysis = analyse(&outputs);
    let now = uow.now();
    match component {
        ComponentType::Consequences => uow.record(&pugh(&event, &analysis, now)).map(drop)?,
        ComponentType::Tradeoffs => uow.record(&tradeoffs(&event, &analysis, now)).map(drop)?,
        _ => {
            if let Some(event) = analysis
                .decision_quality
                .as_ref()
                .and_then(|found| quality(&event, found, now))
            {
                uow.record(&event)?;
            }
        }
    }
    Ok(())
}

fn is_analysed(component: ComponentType) -> bool {
    matches!(
        component,
        ComponentType::Consequences | ComponentType::Tradeoffs | ComponentType::DecisionQuality
    )
}

fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

fn pugh(event: &ComponentCompleted, analysis: &Analysis, now: Timestamp) -> PughScoresComputed {
    let dominated = &analysis.dominance.dominated;
    let scores = analysis
        .pugh
        .scores
        .iter()
        .map(|score| (score.alternative_id, i64::from(score.score)));
    PughScoresComputed {
        session_id: event.session_id,
        cycle_id: event.cycle_id,
        scores: Scores(scores.collect()),
        dominated_count: count(dominated),
        computed_at: now,
        dominated: dominated.iter().map(|one| one.alternative_id).collect(),
        irrelevant: analysis
            .irrelevant
            .irrelevant
            .iter()
            .map(|one| one.objective_id)
            .collect(),
        best: analysis.pugh.best_alternative,
    }
}

fn tradeoffs(event: &ComponentCompleted, analysis: &Analysis, now: Timestamp) -> TradeoffsAnalyzed {
    let tensions = analysis.tensions.entries.iter().map(|entry| TensionCounts {
        alternative_id: entry.alternative_id,
        gains_count: count(&entry.gains),
        losses_count: count(&entry.losses),
        net_score: i64::from(entry.net_score),
    });
    TradeoffsAnalyzed {
        session_id: event.session_id,
        cycle_id: event.cycle_id,
        viable_count: count(&analysis.dominance.viable),
        dominated_count: count(&analysis.dominance.dominated),
        irrelevant_count: count(&analysis.irrelevant.irrelevant),
        tensions: tensions.collect(),
        computed_at: now,
    }
}

/// Nothing while an element is not rated, which completing does not allow.
fn quality(
    event: &ComponentCompleted,
    found: &DecisionQualityResult,
    now: Timestamp,
) -> Option<DqScoresComputed> {
    let scores = found
        .elements
        .iter()
        .map(|one| Some((one.name.as_str().to_owned(), one.score?)));
    let suggestions = found
        .suggestions
        .iter()
        .map(|one| one.element.as_str().to_owned());
    Some(DqScoresComputed {
        session_id: event.session_id,
        cycle_id: event.cycle_id,
        element_scores: scores.collect::<Option<_>>()?,
        overall_score: found.overall?,
        computed_at: now,
        weakest: found.weakest?.as_str().to_owned(),
        suggestions: suggestions.collect(),
    })
}
