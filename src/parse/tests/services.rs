//! Pages on which a service says how it is, and when that was posted. In our own words.

use super::traps::assert_said;

#[test]
fn a_service_says_its_state_above_its_stamps() {
    assert_said(
        "All systems work\n\nResolved -\nThe crane works again.\nMar 6, 16:51 EST\nMonitoring - It moves.\nMar 6, 16:41 \
         EST\nIdentified - A rope.\nMar 6, 16:30 EST\n",
        &[
            "Mar 6, 16:51 EST |  | Resolved - / The crane works again.",
            "Mar 6, 16:41 EST |  | Monitoring - It moves.",
            "Mar 6, 16:30 EST |  | Identified - A rope.",
        ],
    );
}

#[test]
fn a_services_state_may_lead_to_the_stamp_of_what_it_says() {
    assert_said(
        "Outage at the crane\n\n- identified Mar 6, 2024, 05:06 PM UTC\n\nIt was a rope.\n\n- resolved Mar 6, 2024, 05:28 PM \
         UTC\n\nIt moves.\n",
        &[
            "Mar 6, 2024, 05:06 PM UTC |  | It was a rope.",
            "Mar 6, 2024, 05:28 PM UTC |  | It moves.",
        ],
    );
}

#[test]
fn what_was_posted_stands_above_when() {
    let rest = "The crane works again since noon. It has been put to rest for the night, and will be looked at by the \
                makers in the morning; until then nobody may stand below it, nor moor a boat there.";
    assert_said(
        &format!(
            "{rest}\nPosted 2 years ago. Mar 06, 2024 - 12:34 PST\nMonitoring\nIt moves.\nPosted 2 years ago. Mar 06, \
             2024 - 08:09 PST\nIdentified\nIt was a rope.\nPosted 2 years ago. Mar 06, 2024 - 07:55 PST\n"
        ),
        &[
            &format!("Mar 06, 2024 - 12:34 PST |  | {rest}"),
            "Mar 06, 2024 - 08:09 PST | Monitoring | It moves.",
            "Mar 06, 2024 - 07:55 PST | Identified | It was a rope.",
        ],
    );
    assert_said("The crane\nPosted Mar 06, 2024 - 12:34 PST\nIt works again.\n", &[]);
}
