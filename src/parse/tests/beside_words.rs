//! Words and names that stand before or behind a clock.

use super::traps::assert_said;

#[test]
fn update_leads_to_a_clock_behind_which_text_or_nothing_stands() {
    assert_said(
        "The crane\n\nUpdate: 7:30 pm - The crane has fallen on the pier.\n\nUpdate 6:49 pm - It leans, they said: \
         nobody may go there.\n\nUpdate, 5:51 p.m. — It stands.\n",
        &[
            "7:30 pm |  | The crane has fallen on the pier.",
            "6:49 pm |  | It leans, they said: nobody may go there.",
            "5:51 p.m. |  | It stands.",
        ],
    );
    assert_said(
        "The crane\n\nUPDATE 9:01 PM\nThe crane leans.\nNobody knows why.\nUPDATE 10:18 PM\nThe crane has fallen.\n",
        &[
            "9:01 PM |  | The crane leans. / Nobody knows why.",
            "10:18 PM |  | The crane has fallen.",
        ],
    );
}

#[test]
fn who_posted_stands_before_the_second_or_a_glued_date() {
    assert_said(
        "The harbour desk is live\n\nAna C. Bell 11:39:53 am\n\nThat is it.\n\nJo Carr 11:39:06 am\n\nThe crane moves.\n",
        &[
            "11:39:53 am |  | That is it.",
            "11:39:06 am |  | The crane moves.",
        ],
    );
    assert_said(
        "The harbour desk is live\n\nAna Bell March 1, 201712:05 pm\n\nThe crane moves.\n\nJo Carr March 1, 201711:58 \
         am\n\nStill nothing moves.\n",
        &[
            "March 1, 201712:05 pm |  | The crane moves.",
            "March 1, 201711:58 am |  | Still nothing moves.",
        ],
    );
    // A reader's comments have a blank there, and no second.
    assert_said(
        "The crane moved.\n\nAna Bell 11:39 am\n\nNo, it didn’t.\n\nJo Carr 11:31 am\n\nIt did.\n",
        &[],
    );
}
